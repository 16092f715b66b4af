/*
 * The imports are statements of a function, each with a guard of its own: they count wherever they stand. What is
 * added should not go there.
 */
#include <linux/module.h>
#include <linux/version.h>

struct dma_buf *dma_buf_get(int fd);
int inside_adis(void);

static int __init inside_init(void)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	MODULE_IMPORT_NS(DMA_BUF);
	MODULE_IMPORT_NS(IIO_ADISLIB);
#else
	MODULE_IMPORT_NS("DMA_BUF");
	MODULE_IMPORT_NS("IIO_ADISLIB");
#endif
	return dma_buf_get(0) ? inside_adis() : 0;
}
module_init(inside_init);

MODULE_LICENSE("GPL v2");
