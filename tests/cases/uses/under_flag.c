/// case: the use stands under a macro that the Kbuild file defines
/// missing: t: CXL DMA_BUF
/// kernels: 6.12 7.x
/// file: t.c
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);

static int __init t_init(void)
{
#if T_LEVEL > 1
	cxl_bus_rescan();
#endif
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@CXL);
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
/// file: Kbuild
obj-m := t.o
CFLAGS_t.o := -DT_LEVEL=2
