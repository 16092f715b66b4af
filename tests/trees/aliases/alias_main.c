/*
 * Neither KERNEL_VERSION nor LINUX_VERSION_CODE stands in the guard; two namespaces in each branch.
 */
#include <linux/module.h>
#include "kver.h"

bool alias_take(int fd);
void alias_scan(void);

static int __init alias_init(void)
{
	alias_scan();
	return alias_take(0) ? 0 : -1;
}
module_init(alias_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION(ALIAS_NAME);
#if KVER < KVER_QUOTED
MODULE_IMPORT_NS(CXL);
MODULE_IMPORT_NS(DMA_BUF);
#else
MODULE_IMPORT_NS("CXL");
MODULE_IMPORT_NS("DMA_BUF");
#endif
