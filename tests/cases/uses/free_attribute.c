/// case: the use hides in DEFINE_FREE() and __free()
/// missing: t: CXL DMA_BUF
#include <linux/module.h>
#include <linux/cleanup.h>

struct dma_buf *dma_buf_get(int fd);
void dma_buf_put(struct dma_buf *buf);
void cxl_bus_drain(void);

DEFINE_FREE(t_drain, struct dma_buf *, cxl_bus_drain())

static int __init t_init(void)
{
	struct dma_buf *buf __free(t_drain) = dma_buf_get(0);

	return PTR_ERR_OR_ZERO(buf);
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@CXL);
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
