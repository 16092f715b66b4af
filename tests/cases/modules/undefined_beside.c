/// case: a symbol that nobody exports, in one of two modules
/// peer: p
/// faults: yes
/// missing: a: DMA_BUF
/// missing: b: DMA_BUF
/// kernels: 6.12 7.x
/// file: Kbuild
obj-m := a.o b.o
/// file: a.c
#include <linux/module.h>

void nobody_exports_this(void);
struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	nobody_exports_this();
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
/// file: b.c
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
