/// case: one kernel has no such macro, and the macro itself is asked
/// on: 6.12 4.19
/// words: --guard ifdef
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ #ifdef MODULE_IMPORT_NS
///+ MODULE_IMPORT_NS(DMA_BUF);
///+ #endif
MODULE_DESCRIPTION("t");
