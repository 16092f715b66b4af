/// case: the symbol is reserved for named modules: it cannot be imported
/// peer: k
/// kernels: 7.x
/// missing: t: module:kvm,kvm-amd,kvm-intel
/// left: t: module:kvm,kvm-amd,kvm-intel
/// rules: reserved-namespace
/// refuse: kvm-intel
#include <linux/module.h>

struct perf_guest_switch_msr *perf_guest_get_msrs(int *nr, void *data);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(perf_guest_get_msrs(NULL, NULL));
}
module_init(t_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("odd case");
