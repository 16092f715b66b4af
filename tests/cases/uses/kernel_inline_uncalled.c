/// case: a kernel header with such inlines is included, and none is called
/// missing: t: DMA_BUF
#include <linux/module.h>
#include <linux/iio/imu/adis.h>

struct dma_buf *dma_buf_get(int fd);
int t_check(struct adis *adis);

int t_check(struct adis *adis)
{
	return !adis;
}

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
