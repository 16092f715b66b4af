/// case: all behind an unconditional return is dropped
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);

static noinline int other(void)
{
	if (!IS_ENABLED(CONFIG_T_NEVER))
		return 0;
	cxl_bus_rescan();
	return 1;
}

static int __init t_init(void)
{
	if (other())
		return 1;
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
