/// case: the source is a symbolic link to a file outside the tree that was named
/// symlink: t.c ../outside_of_it/driver.c
/// build: alone
/// missing: t: DMA_BUF
/// left: t: DMA_BUF
/// refuse: outside
/// kernels: 6.12 7.x
/// file: ../outside_of_it/driver.c
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("odd case");
