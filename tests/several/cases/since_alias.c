/// case: the version under a name of its own, and a plain number
/// on: 6.12
/// since: 5.4
#include <linux/module.h>
#include <linux/version.h>
#define T_KERNEL LINUX_VERSION_CODE
#define T_STRING 0x060d00

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
#if T_KERNEL >= T_STRING
MODULE_IMPORT_NS("DMA_BUF");
#else
MODULE_IMPORT_NS(DMA_BUF);
#endif
MODULE_DESCRIPTION("t");
