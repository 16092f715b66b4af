/// case: a comment mentions MODULE_LICENSE before the real one
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
/*
 * MODULE_LICENSE("GPL"); see below
 */
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

// MODULE_LICENSE("BSD");
MODULE_DESCRIPTION("odd case");
MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
