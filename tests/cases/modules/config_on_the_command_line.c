/// case: the module is built because the command line sets its option
/// build: alone
/// args: CONFIG_T_DRIVER=m
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
/// file: Kbuild
obj-$(CONFIG_T_DRIVER) := t.o
obj-$(CONFIG_T_OTHER) += other.o
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
/// file: other.c
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("odd case");
