/// case: the source is a symbolic link to a file of the tree; it stays one, and its target is mended
/// peer: q
/// symlink: t.c real/driver.c
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
/// file: real/driver.c
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
