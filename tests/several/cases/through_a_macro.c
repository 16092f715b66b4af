/// case: an import through a macro that is wrong on one kernel
/// on: 6.12 7.x
/// exit: 1
/// says: it is made by a macro; respell it where that is defined
#include <linux/module.h>
#define T_IMPORT(ns) MODULE_IMPORT_NS(ns)

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
T_IMPORT(DMA_BUF);
MODULE_DESCRIPTION("t");
