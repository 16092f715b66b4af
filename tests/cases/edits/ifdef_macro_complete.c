/// case: #if defined(MODULE_IMPORT_NS) holds, so the import counts
/// missing: none
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
#if defined(MODULE_IMPORT_NS)
MODULE_IMPORT_NS(@DMA_BUF);
#endif
MODULE_DESCRIPTION("odd case");
