/// case: a module needs no import for what it exports itself, in another of its files
/// missing: none
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := t.o
t-y := provider.o taker.o
/// file: provider.c
#include <linux/module.h>

int provided(void);

int provided(void)
{
	return 0;
}
EXPORT_SYMBOL_NS_GPL(provided, @PROVIDED_NS);
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
