/// case: MODULE_LICENSE comes through a macro
/// peer: j
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

#define LICENSED MODULE_LICENSE("GPL")

LICENSED;
MODULE_DESCRIPTION("odd case");
///+ MODULE_IMPORT_NS(@DMA_BUF);
