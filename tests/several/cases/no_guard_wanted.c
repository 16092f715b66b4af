/// case: no guard may be written, and no one spelling will do
/// on: 6.12 7.x
/// words: --guard none
/// exit: 1
/// says: no one spelling serves all these kernels (6.12.117: identifier, 7.2.12: string)
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("t");
