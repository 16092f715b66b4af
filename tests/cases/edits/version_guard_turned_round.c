/// case: the version is compared the other way round, with an alias of its own
/// missing: none
#include <linux/module.h>
#include <linux/version.h>

#define T_NEW (KERNEL_VERSION(6, 13, 0) <= LINUX_VERSION_CODE)

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
#if T_NEW
MODULE_IMPORT_NS("DMA_BUF");
#else
MODULE_IMPORT_NS(DMA_BUF);
#endif
MODULE_DESCRIPTION("odd case");
