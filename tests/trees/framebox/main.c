/*
 * The import in three parts: quoted, bare, and nothing where the kernel is older than the namespace.
 */
#include <linux/module.h>
#include <linux/version.h>
#include "share.h"

static int __init framebox_init(void)
{
	return framebox_share(0);
}

static void __exit framebox_exit(void)
{
}

module_init(framebox_init);
module_exit(framebox_exit);

MODULE_DESCRIPTION("shares frames");
MODULE_LICENSE("GPL v2");
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS("DMA_BUF");
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
MODULE_IMPORT_NS(DMA_BUF);
#endif
