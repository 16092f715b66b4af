/// case: licences in a shared file and in one of its own: only the module's own file is changed
/// missing: a: DMA_BUF
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := a.o b.o
a-y := main.o user_a.o
b-y := main.o user_b.o
/// file: main.c
#include <linux/module.h>

int t_user(void);

static int __init t_init(void)
{
	return t_user();
}
module_init(t_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("odd case");
/// file: user_a.c
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
int t_user(void);

int t_user(void)
{
	return dma_buf_get(0) ? 1 : 0;
}

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
/// file: user_b.c
int t_user(void);

int t_user(void)
{
	return 0;
}
