// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

#include "share.h"

void cxl_bus_rescan(void);

static int fd = -1;
module_param(fd, int, 0);

static int __init demo_init(void)
{
	cxl_bus_rescan();
	return demo_share(fd);
}
module_init(demo_init);

static void __exit demo_exit(void)
{
}
module_exit(demo_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("nsfix sample: mended from the log of its build");
