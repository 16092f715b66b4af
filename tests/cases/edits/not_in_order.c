/// case: imports stand in no order; the new one goes last, nothing is sorted
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);
int usb_stor_resume(void *intf);

static int __init t_init(void)
{
	cxl_bus_rescan();
	return PTR_ERR_OR_ZERO(dma_buf_get(usb_stor_resume(NULL)));
}
module_init(t_init);

MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(@USB_STORAGE);
MODULE_IMPORT_NS(@CXL);
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
