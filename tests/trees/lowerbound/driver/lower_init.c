/*
 * From the kernel on that has the namespace, in the one spelling that there was then. Wrong since 6.13.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/version.h>

int lower_full(void);

static int __init lower_init(void)
{
#ifdef LOWER_FULL
	return lower_full();
#else
	return 0;
#endif
}
module_init(lower_init);

MODULE_AUTHOR("somebody");
MODULE_LICENSE("GPL");
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 16, 0)
MODULE_IMPORT_NS(DMA_BUF);
#endif
