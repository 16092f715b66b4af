/*
 * Imports by a macro of its own, which is right on every kernel.
 */
#include "driver_compat.h"

int wrapped_util(int fd);

static int __init net_init(void)
{
	return wrapped_util(0);
}
module_init(net_init);

MODULE_LICENSE("GPL");
DRIVER_IMPORT_NS(DMA_BUF);
