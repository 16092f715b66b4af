/// case: one namespace imported for both spellings under a version guard, another missing: the guard is extended
/// peer: e
/// missing: t: CXL
#include <linux/module.h>
#include <linux/version.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);

static int __init t_init(void)
{
	cxl_bus_rescan();
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("odd case");
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
///+ MODULE_IMPORT_NS("CXL");
MODULE_IMPORT_NS("DMA_BUF");
#else
///+ MODULE_IMPORT_NS(CXL);
MODULE_IMPORT_NS(DMA_BUF);
#endif
