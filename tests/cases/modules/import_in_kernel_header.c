/// case: <linux/pwm.h> imports its namespace itself, and only its inline leads there
/// kernels: 7.x
/// missing: t: DMA_BUF
#include <linux/module.h>
#include <linux/pwm.h>

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	pwm_disable(NULL);
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
