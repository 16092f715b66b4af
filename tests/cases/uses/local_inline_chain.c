/// case: inlines that call inlines, to some depth, over two headers
/// missing: t: CXL DMA_BUF
/// file: t.c
#include <linux/module.h>
#include "t.h"

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	t_three();
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@CXL);
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
/// file: t.h
#include "deep.h"

static inline void t_two(void)
{
	t_one();
}

static inline void t_three(void)
{
	t_two();
}
/// file: deep.h
void cxl_bus_rescan(void);

static inline void t_one(void)
{
	cxl_bus_rescan();
}
