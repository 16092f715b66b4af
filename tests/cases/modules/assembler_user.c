/// case: only an assembler source uses the symbol; the import goes into the C source, no stray file appears
/// peer: l
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := t.o
t-y := main.o user.o
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
/// file: user.S
#include <linux/linkage.h>

/* MODULE_IMPORT_NS is not for assembler */
SYM_FUNC_START(t_user)
	jmp dma_buf_get
SYM_FUNC_END(t_user)
