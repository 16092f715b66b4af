/// case: modules at three depths of Kbuild files, each with its own need
/// missing: t: DMA_BUF
/// missing: a/u: CXL
/// missing: a/b/v: DMA_BUF
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := t.o
obj-m += a/
/// file: a/Makefile
obj-m := u.o b/
/// file: a/b/Kbuild
obj-m := v.o
/// file: t.c
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
/// file: a/u.c
#include <linux/module.h>

void cxl_bus_rescan(void);

static void __exit t_exit(void)
{
	cxl_bus_rescan();
}
module_exit(t_exit);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@CXL);
MODULE_DESCRIPTION("odd case");
/// file: a/b/v.c
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
