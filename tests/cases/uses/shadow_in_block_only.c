/// case: a local shadows the symbol in one block, and outside it the use is real
/// missing: t: CXL DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);

static int __init t_init(void)
{
	{
		int cxl_bus_rescan = __LINE__;

		if (cxl_bus_rescan == 1)
			return 1;
	}
	cxl_bus_rescan();
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@CXL);
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
