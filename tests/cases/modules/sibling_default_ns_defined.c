/// case: the namespace is #defined above the includes
/// missing: taker: PROVIDED_NS
/// file: Kbuild
obj-m := provider.o taker.o
/// file: provider.c
#define DEFAULT_SYMBOL_NAMESPACE @default:PROVIDED_NS

#include <linux/module.h>

int provided(void);

int provided(void)
{
	return 0;
}
EXPORT_SYMBOL_GPL(provided);

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
