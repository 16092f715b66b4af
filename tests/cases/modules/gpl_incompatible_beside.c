/// case: a proprietary module is held to GPL-only symbols, which is no business of nsfix; imports are written for both
/// peer: p
/// faults: yes
/// missing: a: DMA_BUF
/// missing: b: DMA_BUF
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := a.o b.o
/// file: a.c
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("Proprietary");
///+ MODULE_IMPORT_NS(@DMA_BUF);
/// file: b.c
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
