/// case: sizeof and typeof do not evaluate
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
int usb_stor_resume(void *intf);

static int __init t_init(void)
{
	typeof(usb_stor_resume(NULL)) count = __LINE__;

	if (count == sizeof(usb_stor_resume(NULL)))
		return 1;
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
