/// case: the source has a macro of the namespace's name, which a bare import below it would expand
/// missing: t: CXL
#include <linux/module.h>
#include <linux/kernel.h> /* the last one */
///+[identifier] MODULE_IMPORT_NS(CXL);

#define CXL 0x10

void cxl_bus_rescan(void);
void rescan(void);
void rescan(void)
{
	cxl_bus_rescan();
}
MODULE_DESCRIPTION("t");
MODULE_LICENSE("GPL");
///+[string] MODULE_IMPORT_NS("CXL");
