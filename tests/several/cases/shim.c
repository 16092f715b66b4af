/// case: an empty macro of its own for kernels that have none: they take any spelling
/// on: 4.19 6.12
#include <linux/module.h>
#ifndef MODULE_IMPORT_NS
#define MODULE_IMPORT_NS(x)
#endif

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(DMA_BUF);
MODULE_DESCRIPTION("t");
