/// case: bare for a kernel that wants it quoted: does not compile; spelled anew
/// peer: wrong form
/// kernels: 7.x
/// build: broken
/// missing: t: DMA_BUF
/// rules: wrong-spelling
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///- MODULE_IMPORT_NS(@!DMA_BUF);
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
