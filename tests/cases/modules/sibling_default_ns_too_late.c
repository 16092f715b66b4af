/// case: the namespace is #defined below the includes, which does nothing
/// missing: none
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := provider.o taker.o
/// file: provider.c
#include <linux/module.h>

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
MODULE_DESCRIPTION("odd case");
