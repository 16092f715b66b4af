/// case: symbol_get() looks the symbol up at run time: nothing is left undefined
/// missing: t: DMA_BUF
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);

static int __init t_init(void)
{
	if (symbol_get(cxl_bus_rescan))
		symbol_put(cxl_bus_rescan);
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
