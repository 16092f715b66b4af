/// case: a macro turns the symbol's name into that of a static function
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static noinline int my_rescan(void)
{
	return 0;
}

#define cxl_bus_rescan my_rescan

static int __init t_init(void)
{
	if (cxl_bus_rescan())
		return 1;
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
