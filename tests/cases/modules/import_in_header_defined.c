/// case: the same header, and the Kbuild file defines the macro that makes the import hold
/// missing: none
/// kernels: 6.12 7.x
/// file: t.c
#include <linux/module.h>
#include "imports.h"

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("odd case");
/// file: imports.h
#ifdef T_IMPORTS
MODULE_IMPORT_NS(@DMA_BUF);
#endif
/// file: Kbuild
obj-m := t.o
ccflags-y := -DT_IMPORTS
