/// case: MODULE_LICENSE is the last line and has no line end; neither has the result
/// peer: g
/// final-newline: no
/// missing: t: CXL DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);

static int __init t_init(void)
{
	cxl_bus_rescan();
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_DESCRIPTION("odd case");
MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@CXL);
///+ MODULE_IMPORT_NS(@DMA_BUF);
