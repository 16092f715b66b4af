/*
 * The range ends where the other spelling begins, and there nothing is imported.
 */
#include <linux/module.h>
#include <linux/version.h>
#include <ranger.h>

struct dma_buf *dma_buf_get(int fd);

static int __init ranger_init(void)
{
#ifdef RANGER_BUFFERS
	return dma_buf_get(RANGER_FD) ? 0 : 1;
#else
	return 0;
#endif
}
module_init(ranger_init);

#if (LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)) && (LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0))
MODULE_IMPORT_NS(DMA_BUF);
#endif
MODULE_LICENSE("GPL");
