/// case: the namespace comes from ccflags-y of a directory
/// missing: user/taker: PROVIDED_NS
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := lib/ user/
/// file: lib/Kbuild
obj-m := provider.o
ccflags-y += -DDEFAULT_SYMBOL_NAMESPACE=@default:PROVIDED_NS
/// file: user/Kbuild
obj-m := taker.o
/// file: lib/provider.c
#include <linux/module.h>

int provided(void);

int provided(void)
{
	return 0;
}
EXPORT_SYMBOL_GPL(provided);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("odd case");
/// file: user/taker.c
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
