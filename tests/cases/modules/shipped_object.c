/// case: only a prebuilt object uses the symbol
/// peer: l
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := t.o
t-y := main.o blob.o
/// file: main.c
#include <linux/module.h>

int t_user(void);

static int __init t_init(void)
{
	return t_user();
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
/// file: .blob.o.cmd
/// file: blob.o_shipped
defined: t_user
undefined: dma_buf_get
