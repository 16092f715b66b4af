/*
 * A guard in two parts, the number of the release on the left and spaces where nobody else has them;
 * the licence comes last.
 */
#include <linux/version.h>
#include <linux/module.h>

void cxl_bus_rescan(void);

#if KERNEL_VERSION(6, 13 ,0) <= LINUX_VERSION_CODE
MODULE_IMPORT_NS( "CXL" );
#else
MODULE_IMPORT_NS( CXL );
#endif

static int __init turntable_init(void)
{
	cxl_bus_rescan();
	return 0;
}
module_init(turntable_init);

MODULE_AUTHOR("somebody");
MODULE_LICENSE("Dual MIT/GPL");
