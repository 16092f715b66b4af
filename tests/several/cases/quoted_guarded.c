/// case: two quoted imports stay together in one arm
/// on: 7.x 6.12
#include <linux/module.h>
///+ #include <linux/version.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ #if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS("DMA_BUF");
MODULE_IMPORT_NS("CXL");
///+ #else
///+ MODULE_IMPORT_NS(DMA_BUF);
///+ MODULE_IMPORT_NS(CXL);
///+ #endif
MODULE_DESCRIPTION("t");
