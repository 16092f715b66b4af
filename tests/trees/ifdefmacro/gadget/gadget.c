/*
 * Written when there was one spelling: asks only whether there is such a macro. Wrong since 6.13.
 */
#include <linux/module.h>

void usb_stor_disconnect(void *intf);

static int __init gadget_init(void)
{
	usb_stor_disconnect(NULL);
	return 0;
}
module_init(gadget_init);

MODULE_LICENSE("GPL");

#ifdef MODULE_IMPORT_NS
MODULE_IMPORT_NS(USB_STORAGE);
#endif
