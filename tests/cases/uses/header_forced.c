/// case: the header is forced on the file by -include
/// missing: t: CXL DMA_BUF
/// kernels: 6.12 7.x
/// file: t.c
#include <linux/module.h>

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
/// file: forced.h
void cxl_bus_rescan(void);

static inline void t_rescan(void)
{
	cxl_bus_rescan();
}
/// file: Kbuild
obj-m := t.o
ccflags-y := -include $(src)/forced.h
