/// case: the flag asks for a namespace, and a #define below the includes gives it another value
/// missing: taker: PROVIDED_NS
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := provider.o taker.o
CFLAGS_provider.o := -DDEFAULT_SYMBOL_NAMESPACE=@default:OTHER_NS
/// file: provider.c
#include <linux/module.h>

#undef DEFAULT_SYMBOL_NAMESPACE
#define DEFAULT_SYMBOL_NAMESPACE @default:PROVIDED_NS

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
