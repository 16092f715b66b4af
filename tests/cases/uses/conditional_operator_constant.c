/// case: a choice that the configuration makes drops the other
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
int usb_stor_resume(void *intf);

static noinline int other(void *intf)
{
	return 0;
}

static int __init t_init(void)
{
	int (*what)(void *) = IS_ENABLED(CONFIG_T_NEVER) ? usb_stor_resume : other;

	if (what(NULL))
		return 1;
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
