/// case: the module lives in a Kbuild file of a subdirectory
/// peer: l
/// missing: sub/t: DMA_BUF
/// file: Kbuild
obj-m := sub/
/// file: sub/Kbuild
obj-m := t.o
/// file: sub/t.c
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
