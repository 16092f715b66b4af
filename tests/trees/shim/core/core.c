/*
 * Behind the shim the import needs no guard for old kernels; new ones were not thought of.
 */
#include "shim_compat.h"

void cxl_bus_rescan(void);

static int __init core_init(void)
{
	cxl_bus_rescan();
	return 0;
}
module_init(core_init);

MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(CXL);
