// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

#include "pair.h"

static int __init pair_user_init(void)
{
	pr_info("number %d\n", pair_next());
	return 0;
}
module_init(pair_user_init);

static void __exit pair_user_exit(void)
{
}
module_exit(pair_user_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("nsfix sample: uses what the other module exports");
