/* Not built: it would lack what it uses. */
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init debug_init(void)
{
	return dma_buf_get(1) ? 0 : 1;
}
module_init(debug_init);
MODULE_LICENSE("GPL");
