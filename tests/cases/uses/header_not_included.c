/// case: a header of the module has such an inline, but this file does not include it
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
/// file: t.c
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static noinline int t_rescan(void)
{
	return 0;
}

static int __init t_init(void)
{
	if (t_rescan())
		return 1;
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
/// file: t.h
void cxl_bus_rescan(void);

static inline void t_rescan(void)
{
	cxl_bus_rescan();
}
