/// case: a local of another function does not shadow the use in this one
/// missing: t: CXL DMA_BUF
/// kernels: 6.12 7.x
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);

static noinline int other(int number)
{
	int cxl_bus_rescan = number;

	return cxl_bus_rescan;
}

static int __init t_init(void)
{
	if (other(__LINE__) == 1)
		return 1;
	cxl_bus_rescan();
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@CXL);
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
