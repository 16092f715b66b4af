/// case: a module in a subdirectory is built partly from a source above it
/// missing: sub/t: DMA_BUF
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := sub/
/// file: sub/Kbuild
obj-m := t.o
t-y := main.o ../user.o
/// file: sub/main.c
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
struct dma_buf *dma_buf_get(int fd);
int t_user(void);

int t_user(void)
{
	return dma_buf_get(0) ? 1 : 0;
}
