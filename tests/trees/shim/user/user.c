/*
 * As core.c, with two; the licence stands between them.
 */
#include "shim_compat.h"

struct dma_buf *dma_buf_get(int fd);

static int __init user_init(void)
{
	return dma_buf_get(0) ? shim_rescan() : 1;
}
module_init(user_init);

MODULE_IMPORT_NS(DMA_BUF);
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(CXL);
MODULE_DESCRIPTION("behind a shim");
