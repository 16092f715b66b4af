/// case: the import stands under __has_include, which holds
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
#if __has_include(<linux/dma-buf.h>)
MODULE_IMPORT_NS(@DMA_BUF);
#endif
MODULE_DESCRIPTION("odd case");
