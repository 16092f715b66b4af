/*
 * The one who wrote this knew since when there is the namespace, and not since when it is quoted. It builds on old
 * kernels, where modpost misses the import nevertheless.
 */
#include <linux/module.h>
#include <early/early.h>

static int __init early_init(void)
{
	return dma_buf_get(0) ? 0 : 1;
}
module_init(early_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("quoted too early");
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5,16,0)
MODULE_IMPORT_NS("DMA_BUF");
#endif
