/// case: an enumeration constant has the symbol's name
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

enum t_state { t_idle, cxl_bus_rescan };

static int __init t_init(void)
{
	if (cxl_bus_rescan == __LINE__)
		return 1;
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
