/// case: the use hides in a cleanup attribute
/// missing: t: CXL DMA_BUF
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_drain(void);

static void t_put(struct dma_buf **buf)
{
	cxl_bus_drain();
}

static int __init t_init(void)
{
	struct dma_buf *buf __attribute__((cleanup(t_put))) = dma_buf_get(0);

	return PTR_ERR_OR_ZERO(buf);
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@CXL);
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
