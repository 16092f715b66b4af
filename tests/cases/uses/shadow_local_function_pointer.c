/// case: a local function pointer has the symbol's name and is called
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int other(void)
{
	return 0;
}

static int __init t_init(void)
{
	int (*cxl_bus_rescan)(void) = other;

	if (cxl_bus_rescan())
		return 1;
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
