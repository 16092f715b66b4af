/// case: one module of M exports into a namespace, the other one uses it
/// missing: taker: PROVIDED_NS
/// file: Kbuild
obj-m := provider.o taker.o
/// file: provider.c
#include <linux/module.h>

int provided(void);

int provided(void)
{
	return 0;
}
EXPORT_SYMBOL_NS_GPL(provided, @PROVIDED_NS);

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
