/// case: the file to edit lies outside the tree that was named, through a path with ..
/// build: alone
/// missing: t: DMA_BUF
/// left: t: DMA_BUF
/// refuse: outside
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := t.o
t-y := user.o ../outside_too/main.o
/// file: user.c
struct dma_buf *dma_buf_get(int fd);
int t_user(void);

int t_user(void)
{
	return dma_buf_get(0) ? 1 : 0;
}
/// file: ../outside_too/main.c
#include <linux/module.h>

int t_user(void);

static int __init t_init(void)
{
	return t_user();
}
module_init(t_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("odd case");
