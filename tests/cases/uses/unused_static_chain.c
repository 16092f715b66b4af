/// case: static functions that call each other, but nobody calls them
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);

static void __maybe_unused one(int);
static void __maybe_unused two(int n)
{
	cxl_bus_rescan();
	one(n);
}

static void one(int n)
{
	if (n)
		two(n - 1);
}

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
