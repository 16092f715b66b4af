/// case: an older kernel comes to the end of the guard
/// on: 5.10 6.12 7.x
#include <linux/module.h>
#include <linux/version.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
#if KERNEL_VERSION(6, 13 ,0) <= LINUX_VERSION_CODE
MODULE_IMPORT_NS("CXL");
///+ MODULE_IMPORT_NS("DMA_BUF");
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5,16,0)
MODULE_IMPORT_NS(CXL);
///+ MODULE_IMPORT_NS(DMA_BUF);
///+ #else
///+ MODULE_IMPORT_NS(DMA_BUF);
#endif
MODULE_DESCRIPTION("t");
