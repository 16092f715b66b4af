/// case: MODULE_LICENSE in both branches of an #ifdef; the import must hold for either
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

#ifdef X
MODULE_LICENSE("GPL v2");
#else
MODULE_LICENSE("GPL");
#endif
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
