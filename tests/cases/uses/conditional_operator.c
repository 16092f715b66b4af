/// case: a choice at run time keeps both
/// missing: t: CXL DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>
#include <linux/moduleparam.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);
void cxl_bus_drain(void);

static int t_which;
module_param(t_which, int, 0);

static int __init t_init(void)
{
	void (*what)(void) = t_which ? cxl_bus_rescan : cxl_bus_drain;

	what();
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@CXL);
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
