/// case: a header is included twice and unfolds a list each time
/// missing: t: DMA_BUF USB_STORAGE
/// kernels: 6.12 7.x
/// file: t.c
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
int usb_stor_resume(void *intf);
int usb_stor_suspend(void *intf);

#define T_CALL(name) usb_stor_##name,
int (*t_table[])(void *) = {
#include "list.h"
};
#undef T_CALL

#define T_CALL(name) #name,
const char *t_names[] = {
#include "list.h"
};

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
///+ MODULE_IMPORT_NS(@USB_STORAGE);
MODULE_DESCRIPTION("odd case");
/// file: list.h
T_CALL(resume)
T_CALL(suspend)
