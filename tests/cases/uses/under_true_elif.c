/// case: the use stands in the #elif that holds
/// missing: t: CXL DMA_BUF
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);

static int __init t_init(void)
{
#ifdef T_NEVER
	return 1;
#elif IS_ENABLED(CONFIG_MODULES) && !defined(T_NEVER)
	cxl_bus_rescan();
#else
	return 2;
#endif
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@CXL);
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
