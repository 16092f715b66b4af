/*
 * No version is asked for: what the kernel takes was tried, and config.h, which no source includes, has the answer.
 */
#include <linux/module.h>

void usb_stor_disconnect(void *intf);

static int __init probed_init(void)
{
	usb_stor_disconnect(NULL);
	return 0;
}
module_init(probed_init);

MODULE_LICENSE("GPL");
#ifdef HAVE_IMPORT_NS
#ifdef HAVE_IMPORT_NS_STRING
MODULE_IMPORT_NS("USB_STORAGE");
#else
MODULE_IMPORT_NS(USB_STORAGE);
#endif
#endif
