/*
 * Whether there is anything to import is asked of the headers, which spelling it has of the version.
 */
#include <linux/module.h>
#include <linux/version.h>
#include <peer/peer.h>

static int __init peer_init(void)
{
	return peer_pages(0);
}

static void __exit peer_exit(void)
{
}

module_init(peer_init);
module_exit(peer_exit);

MODULE_LICENSE("Dual BSD/GPL");
MODULE_VERSION("0.3");
#if __has_include(<linux/dma-buf.h>)
# if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS("DMA_BUF");
# else
MODULE_IMPORT_NS(DMA_BUF);
# endif
#endif
