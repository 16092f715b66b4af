/* As one.c, and one namespace more that is not imported. */
#include <linux/module.h>
#include <outside.h>

void cxl_bus_rescan(void);

static int __init two_init(void)
{
	cxl_bus_rescan();
	return outside_status();
}
module_init(two_init);

MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(IIO_ADISLIB);
MODULE_VERSION("2");
