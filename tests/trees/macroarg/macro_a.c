/*
 * The import names neither the namespace nor its spelling: both come from the header.
 */
#include <linux/module.h>
#include "spelling.h"

struct dma_buf *dma_buf_get(int fd);

static int __init macro_a_init(void)
{
	return dma_buf_get(0) ? 0 : 1;
}
module_init(macro_a_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("macro " MACRO_LETTER);
MODULE_IMPORT_NS(NS_OF_BUFFERS);
