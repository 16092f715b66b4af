/// case: MODULE_LICENSE in two files; the one with module_init gets the import, the other nothing
/// peer: i
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := t.o
t-y := user.o main.o
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
/// file: user.c
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
int t_user(void);

int t_user(void)
{
	return dma_buf_get(0) ? 1 : 0;
}

MODULE_LICENSE("GPL");
