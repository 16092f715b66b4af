/// case: one module without MODULE_LICENSE does not keep the other from being mended
/// peer: p
/// faults: yes
/// missing: a: DMA_BUF
/// missing: b: DMA_BUF
/// left: a: DMA_BUF
/// refuse: MODULE_LICENSE
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
