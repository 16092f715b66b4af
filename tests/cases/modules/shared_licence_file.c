/// case: two modules share the file with MODULE_LICENSE, and it is the only one: it gets what either needs
/// peer: l
/// missing: a: DMA_BUF
/// missing: b: CXL
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
///+ MODULE_IMPORT_NS(@CXL);
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
/// file: user_a.c
struct dma_buf *dma_buf_get(int fd);
int t_user(void);

int t_user(void)
{
	return dma_buf_get(0) ? 1 : 0;
}
/// file: user_b.c
void cxl_bus_rescan(void);
int t_user(void);

int t_user(void)
{
	cxl_bus_rescan();
	return 0;
}
