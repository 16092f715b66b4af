/// case: headers of the module's own stand before those of the kernel, or after them
/// missing: late: DMA_BUF
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := early/ late.o
CFLAGS_late.o := -I$(src)/early/compat
/// file: early/Kbuild
obj-m := early.o
NOSTDINC_FLAGS += -I$(src)/compat
/// file: early/compat/linux/dma-buf.h
static inline struct dma_buf *dma_buf_get(int fd)
{
	return (struct dma_buf *)(long)fd;
}
/// file: early/early.c
#include <linux/module.h>
#include <linux/dma-buf.h>

static int __init t_init(void)
{
	return dma_buf_get(0) ? 1 : 0;
}
module_init(t_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("odd case");
/// file: late.c
#include <linux/module.h>
#include <linux/dma-buf.h>

static int __init t_init(void)
{
	return dma_buf_get(0) ? 1 : 0;
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
