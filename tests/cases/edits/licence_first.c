/// case: MODULE_LICENSE stands above everything else
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

