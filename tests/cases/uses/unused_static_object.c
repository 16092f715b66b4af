/// case: a static table that nobody uses is dropped, with the pointer in it
/// missing: t: DMA_BUF
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);

static void (*const t_table[])(void) __maybe_unused = { cxl_bus_rescan };

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
