/// case: a guard that asks for a distribution is right where its kernel is at hand
/// on: 6.12 el10 7.x
#include <linux/module.h>
#include <linux/version.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0) || (defined(RHEL_RELEASE_CODE) && RHEL_RELEASE_CODE > 2560)
MODULE_IMPORT_NS("DMA_BUF");
#else
MODULE_IMPORT_NS(DMA_BUF);
#endif
MODULE_DESCRIPTION("t");
