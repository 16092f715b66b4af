/// case: the namespace comes from subdir-ccflags-y two directories above
/// missing: user/taker: PROVIDED_NS
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := lib/ user/
/// file: lib/Kbuild
obj-m := deep/
subdir-ccflags-y += -DDEFAULT_SYMBOL_NAMESPACE=@default:PROVIDED_NS
/// file: lib/deep/Kbuild
obj-m := provider.o
/// file: user/Kbuild
obj-m := taker.o
/// file: lib/deep/provider.c
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
