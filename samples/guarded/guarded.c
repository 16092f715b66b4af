// SPDX-License-Identifier: GPL-2.0
/* Imports one namespace for kernels of either spelling, and has forgotten another. */
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/version.h>

void cxl_bus_rescan(void);

static int fd = -1;
module_param(fd, int, 0);

static int __init guarded_init(void)
{
	struct dma_buf *buf = dma_buf_get(fd);

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	cxl_bus_rescan();
	dma_buf_put(buf);
	return 0;
}
module_init(guarded_init);

static void __exit guarded_exit(void)
{
}
module_exit(guarded_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("nsfix sample: imports under guards");
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS("CXL");
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 4, 0)
MODULE_IMPORT_NS(CXL);
#endif
