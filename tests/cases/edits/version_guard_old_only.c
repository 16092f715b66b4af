/// case: an import that is there only for kernels before 6.13
/// peer: e
/// missing[identifier]: none
/// missing[string]: t: DMA_BUF
#include <linux/module.h>
#include <linux/version.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS(DMA_BUF);
///+[string] #else
///+[string] MODULE_IMPORT_NS(@DMA_BUF);
#endif
MODULE_DESCRIPTION("odd case");
