// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

#include "buffer.h"

static int fd = -1;
module_param(fd, int, 0);

static int __init composite_init(void)
{
	long size = composite_size(fd);

	return size < 0 ? size : 0;
}
module_init(composite_init);

static void __exit composite_exit(void)
{
}
module_exit(composite_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("nsfix sample: the licence stands in another file");
