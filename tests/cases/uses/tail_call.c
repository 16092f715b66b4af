/// case: the use is the last statement of a static helper
/// missing: t: DMA_BUF USB_STORAGE
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
int usb_stor_resume(void *intf);

static noinline int other(void)
{
	return usb_stor_resume(NULL);
}

static int __init t_init(void)
{
	if (other())
		return 1;
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
///+ MODULE_IMPORT_NS(@USB_STORAGE);
MODULE_DESCRIPTION("odd case");
