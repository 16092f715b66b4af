/// case: an import that is there only for kernels before 5.0
/// peer: e
/// missing: t: DMA_BUF
#include <linux/module.h>
#include <linux/version.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 0, 0)
MODULE_IMPORT_NS(@DMA_BUF);
#endif
MODULE_DESCRIPTION("odd case");
