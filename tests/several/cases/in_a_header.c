/// case: a wrong spelling in a header of its own is guarded there
/// on: 6.12 7.x
#include <linux/module.h>
#include "ns.h"

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("t");
/// file: ns.h
///+ #include <linux/version.h>
///+ #if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS("DMA_BUF");
///+ #else
///+ MODULE_IMPORT_NS(DMA_BUF);
///+ #endif
