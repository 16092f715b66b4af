/// case: a typedef has the symbol's name
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

typedef int cxl_bus_rescan;

static int __init t_init(void)
{
	cxl_bus_rescan number = __LINE__;

	if (number == 1)
		return 1;
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
