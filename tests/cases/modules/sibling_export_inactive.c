/// case: of two exports under #if only the plain one holds
/// missing: none
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
#ifdef T_NAMESPACED
EXPORT_SYMBOL_NS_GPL(provided, @PROVIDED_NS);
#else
EXPORT_SYMBOL_GPL(provided);
#endif

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
