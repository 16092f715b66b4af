/// case: a local variable has the symbol's name
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	int cxl_bus_rescan = 1;

	if (cxl_bus_rescan > __LINE__)
		return cxl_bus_rescan;
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
