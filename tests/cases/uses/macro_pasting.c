/// case: the name is pasted together
/// missing: t: DMA_BUF USB_STORAGE
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
int usb_stor_resume(void *intf);

#define USB_STOR(what) usb_stor_##what

static int __init t_init(void)
{
	if (USB_STOR(resume)(NULL))
		return 1;
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
///+ MODULE_IMPORT_NS(@USB_STORAGE);
MODULE_DESCRIPTION("odd case");
