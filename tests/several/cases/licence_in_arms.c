/// case: the licence stands in an arm for each kernel
/// on: 6.12 7.x
#include <linux/module.h>
#include <linux/version.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
MODULE_LICENSE("GPL");
#else
MODULE_LICENSE("GPL v2");
#endif
///+ #if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
///+ MODULE_IMPORT_NS("DMA_BUF");
///+ #else
///+ MODULE_IMPORT_NS(DMA_BUF);
///+ #endif
MODULE_DESCRIPTION("t");
