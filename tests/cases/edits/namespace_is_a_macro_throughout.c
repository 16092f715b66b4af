/// case: the namespace's name is a macro before there is a MODULE_IMPORT_NS
/// missing: t: CXL
/// left[6.1]: t: CXL
/// left[6.12]: t: CXL
/// refuse[6.1]: CXL is a macro there
/// refuse[6.12]: CXL is a macro there
#define CXL 0x10
#include <linux/module.h>

void cxl_bus_rescan(void);
void rescan(void);
void rescan(void)
{
	cxl_bus_rescan();
}
MODULE_DESCRIPTION("t");
MODULE_LICENSE("GPL");
///+[string] MODULE_IMPORT_NS("CXL");
