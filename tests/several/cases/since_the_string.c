/// case: upstream from the new spelling on: a plain line
/// on: 7.x
/// since: 6.13
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS("DMA_BUF");
MODULE_DESCRIPTION("t");
