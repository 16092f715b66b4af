/// case: MODULE_LICENSE under #ifdef MODULE, which always holds for a module
/// peer: i
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

#ifdef MODULE
MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
#endif
MODULE_DESCRIPTION("odd case");
