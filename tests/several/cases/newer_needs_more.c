/// case: one namespace is needed on both kernels, one on the newer alone
/// on: 6.12 7.x
/// needs: DMA_BUF PWM
#include <linux/module.h>
///+ #include <linux/version.h>

struct dma_buf *dma_buf_get(int fd);
struct pwm_device *pwm_get(void);

static int __init t_init(void)
{
	return dma_buf_get(0) ? pwm_get() != NULL : 0;
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ #if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
///+ MODULE_IMPORT_NS("DMA_BUF");
///+ MODULE_IMPORT_NS("PWM");
///+ #else
///+ MODULE_IMPORT_NS(DMA_BUF);
///+ #endif
MODULE_DESCRIPTION("t");
