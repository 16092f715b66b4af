/// case: the flag is taken away again for this object
/// missing: none
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := provider.o taker.o
ccflags-y := -DDEFAULT_SYMBOL_NAMESPACE=@default:PROVIDED_NS
CFLAGS_REMOVE_provider.o := -DDEFAULT_SYMBOL_NAMESPACE=@default:PROVIDED_NS
/// file: provider.c
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
MODULE_DESCRIPTION("odd case");
