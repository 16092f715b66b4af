/// case: the header comes through an include path of the Kbuild file
/// missing: t: CXL DMA_BUF
/// kernels: 6.12 7.x
/// file: t.c
#include <linux/module.h>
#include <t/deep.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	t_rescan();
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@CXL);
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
/// file: include/t/deep.h
void cxl_bus_rescan(void);

static inline void t_rescan(void)
{
	cxl_bus_rescan();
}
/// file: Kbuild
obj-m := t.o
ccflags-y := -I$(src)/include
