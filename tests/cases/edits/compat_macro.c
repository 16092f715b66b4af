/// case: imports through a macro of its own, defined for each spelling; the new one goes through it too
/// peer: e
/// missing: t: DMA_BUF
#include <linux/module.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define MY_IMPORT_NS(ns) MODULE_IMPORT_NS(#ns)
#else
#define MY_IMPORT_NS(ns) MODULE_IMPORT_NS(ns)
#endif

MY_IMPORT_NS(CXL);
///+ MY_IMPORT_NS(DMA_BUF);

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);

static int __init t_init(void)
{
	cxl_bus_rescan();
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("odd case");
