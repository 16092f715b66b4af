/// case: imports go through a macro of its own, and so does the new one
/// on: 6.12 7.x
#include <linux/module.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define T_IMPORT(ns) MODULE_IMPORT_NS(#ns)
#else
#define T_IMPORT(ns) MODULE_IMPORT_NS(ns)
#endif

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
T_IMPORT(CXL);
///+ T_IMPORT(DMA_BUF);
MODULE_DESCRIPTION("t");
