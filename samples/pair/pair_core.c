// SPDX-License-Identifier: GPL-2.0
#include <linux/atomic.h>
#include <linux/module.h>

#include "pair.h"

static atomic_t count = ATOMIC_INIT(0);

int pair_next(void)
{
	return atomic_inc_return(&count);
}
PAIR_EXPORT(pair_next);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("nsfix sample: exports into a namespace of its own");
