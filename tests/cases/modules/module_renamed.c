/// case: the parts are listed under another name and spliced in
/// missing: t-drv: DMA_BUF
/// kernels: 6.12 7.x
/// file: Kbuild
t_common-y := main.o
t_common-y += user.o
obj-m := t-drv.o
t-drv-y := $(t_common-y)
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
struct dma_buf *dma_buf_get(int fd);
int t_user(void);

int t_user(void)
{
	return dma_buf_get(0) ? 1 : 0;
}
