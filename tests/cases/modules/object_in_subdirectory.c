/// case: a composite with an object in a subdirectory
/// peer: l
/// missing: t: DMA_BUF
/// file: Kbuild
obj-m := t.o
t-y := main.o sub/user.o
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
/// file: sub/user.c
struct dma_buf *dma_buf_get(int fd);
int t_user(void);

int t_user(void)
{
	return dma_buf_get(0) ? 1 : 0;
}
