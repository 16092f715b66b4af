/// case: a guard that asks for the configuration as well: what it needs not goes elsewhere
/// on: 6.12 7.x
#include <linux/module.h>
#include <linux/version.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ #if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
///+ MODULE_IMPORT_NS("DMA_BUF");
///+ #else
///+ MODULE_IMPORT_NS(DMA_BUF);
///+ #endif
MODULE_DESCRIPTION("t");
#define T_CXL defined(CONFIG_CXL_BUS_MODULE)
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0) && T_CXL
MODULE_IMPORT_NS("CXL");
#elif T_CXL
MODULE_IMPORT_NS(CXL);
#endif
