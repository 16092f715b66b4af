/// case: the header goes to its place among includes that are in order
/// on: 6.12 7.x
#include <linux/err.h>
#include <linux/module.h>
///+ #include <linux/version.h>
#include <linux/wait.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ #if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
///+ MODULE_IMPORT_NS("DMA_BUF");
///+ #else
///+ MODULE_IMPORT_NS(DMA_BUF);
///+ #endif
MODULE_DESCRIPTION("t");
/// file: linux/wait.h
