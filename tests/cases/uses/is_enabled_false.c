/// case: the compiler drops what stands under if (IS_ENABLED()) of an option that is off
/// missing: t: DMA_BUF
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);

static int __init t_init(void)
{
	if (IS_ENABLED(CONFIG_T_NEVER))
		cxl_bus_rescan();
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
