/// case: the export is wrapped in a macro of the module
/// missing: taker: PROVIDED_NS
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := provider.o taker.o
/// file: provider.c
#include <linux/module.h>

int provided(void);

int provided(void)
{
	return 0;
}
#define T_EXPORT(sym) EXPORT_SYMBOL_NS_GPL(sym, @PROVIDED_NS)
T_EXPORT(provided);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("odd case");
/// file: taker.c
#include <linux/module.h>

int provided(void);

static int __init t_init(void)
{
	return provided();
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@PROVIDED_NS);
MODULE_DESCRIPTION("odd case");
