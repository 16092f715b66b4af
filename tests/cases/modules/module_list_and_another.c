/// case: one namespace is reserved for named modules, the other one is mended all the same
/// peer: k
/// kernels: 7.x
/// missing: t: DMA_BUF module:kvm,kvm-amd,kvm-intel
/// left: t: module:kvm,kvm-amd,kvm-intel
/// rules: reserved-namespace
/// refuse: kvm-intel
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
struct perf_guest_switch_msr *perf_guest_get_msrs(int *nr, void *data);

static int __init t_init(void)
{
	if (!dma_buf_get(0))
		return -EINVAL;
	return PTR_ERR_OR_ZERO(perf_guest_get_msrs(NULL, NULL));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
