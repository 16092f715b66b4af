/*
 * As it was written before 6.13, in both modules.
 */
#include <linux/module.h>
#include <outside.h>

static int __init one_init(void)
{
	return outside_status();
}
module_init(one_init);

MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(IIO_ADISLIB);
