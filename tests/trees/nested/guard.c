/*
 * From 5.4 on; and there, from 6.13 on.
 */
#include <linux/module.h>
#include <linux/version.h>

int nested_parts(void);

static int __init nested_init(void)
{
	return nested_parts();
}
module_init(nested_init);

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 4, 0)
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS("USB_STORAGE");
MODULE_IMPORT_NS("DMA_BUF");
MODULE_IMPORT_NS("CXL");
#else
MODULE_IMPORT_NS(USB_STORAGE);
MODULE_IMPORT_NS(DMA_BUF);
MODULE_IMPORT_NS(CXL);
#endif
#endif

MODULE_LICENSE("GPL");
MODULE_ALIAS("nested");
