/* As macro_a.c, for the other namespace; the import stands above the licence. */
#include <linux/module.h>
#include "spelling.h"

void cxl_bus_rescan(void);

static int __init macro_b_init(void)
{
	cxl_bus_rescan();
	return 0;
}
module_init(macro_b_init);

MODULE_IMPORT_NS(NS_OF_BUS);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("macro " MACRO_LETTER);
