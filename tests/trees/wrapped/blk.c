/* As net.c, but it uses a second namespace by now, and nobody has said so. */
#include "driver_compat.h"

int wrapped_util(int fd);
void wrapped_port(void);

static int __init blk_init(void)
{
	wrapped_port();
	return wrapped_util(0);
}
module_init(blk_init);

MODULE_LICENSE("GPL");
DRIVER_IMPORT_NS(DMA_BUF);
MODULE_DESCRIPTION("has forgotten one");
