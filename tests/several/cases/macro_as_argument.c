/// case: the argument is a macro, of a string; the other arm needs the name itself
/// on: 7.x 6.12
#include <linux/module.h>
///+ #include <linux/version.h>
#define T_NS "DMA_BUF"

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ #if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS(T_NS);
///+ #else
///+ MODULE_IMPORT_NS(DMA_BUF);
///+ #endif
MODULE_DESCRIPTION("t");
