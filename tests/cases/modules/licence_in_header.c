/// case: MODULE_LICENSE comes through a header; the import goes into the source, not into the header
/// peer: j
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
/// file: t.c
#include <linux/module.h>
#include "licence.h"

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_DESCRIPTION("odd case");
///+ MODULE_IMPORT_NS(@DMA_BUF);
/// file: licence.h
MODULE_LICENSE("GPL");
