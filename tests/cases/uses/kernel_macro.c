/// case: the only use is in a macro of a kernel header
/// missing: t: DMA_BUF IIO_ADISLIB
#include <linux/module.h>
#include <linux/iio/imu/adis.h>

struct dma_buf *dma_buf_get(int fd);
int t_update(struct adis *adis);

int t_update(struct adis *adis)
{
	u16 value = 1;

	return adis_update_bits(adis, 2, 3, value);
}

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
///+ MODULE_IMPORT_NS(@IIO_ADISLIB);
MODULE_DESCRIPTION("odd case");
