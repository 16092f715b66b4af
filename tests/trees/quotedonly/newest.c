/*
 * Knows the quoted spelling only. Old kernels compile it, and modpost misses the import. Came from another system.
 */
#include <linux/module.h>

void cxl_bus_rescan(void);

static int __init newest_init(void)
{
	cxl_bus_rescan();
	return 0;
}
module_init(newest_init);

MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
