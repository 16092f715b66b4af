/// case: the use stands under an #if that does not hold
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>
#include <linux/version.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);

static int __init t_init(void)
{
#if defined(T_NEVER) || LINUX_VERSION_CODE < KERNEL_VERSION(4, 0, 0)
	cxl_bus_rescan();
#endif
#ifndef CONFIG_MODULES
	cxl_bus_rescan();
#endif
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
