/// case: the module is one of those that the symbol is reserved for
/// kernels: 7.x
/// missing: none
/// file: kvm-intel.c
#include <linux/module.h>

struct perf_guest_switch_msr *perf_guest_get_msrs(int *nr, void *data);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(perf_guest_get_msrs(NULL, NULL));
}
module_init(t_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("odd case");
/// file: Kbuild
obj-m := kvm-intel.o
