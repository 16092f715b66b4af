/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PAIR_H
#define PAIR_H

#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define PAIR_EXPORT(symbol) EXPORT_SYMBOL_NS_GPL(symbol, "PAIR")
#else
#define PAIR_EXPORT(symbol) EXPORT_SYMBOL_NS_GPL(symbol, PAIR)
#endif

int pair_next(void);

#endif
