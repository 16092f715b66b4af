/// case: a struct member has the symbol's name, by dot, arrow and designator
/// missing: t: DMA_BUF
#include <linux/module.h>

struct dma_buf *dma_buf_get(int fd);

struct t_ops {
	int (*cxl_bus_rescan)(void);
};

static int other(void)
{
	return 0;
}

static struct t_ops t_ops = {
	.cxl_bus_rescan = other,
};

static int __init t_init(void)
{
	struct t_ops *ops = &t_ops;

	if (ops->cxl_bus_rescan() || t_ops.cxl_bus_rescan())
		return 1;
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
