/// case: a global function that nobody calls is kept
/// missing: t: CXL DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);
void other(void);

void other(void)
{
	cxl_bus_rescan();
}

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@CXL);
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
