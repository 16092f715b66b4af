/// case: the header gives an empty stub with the symbol's own name
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
/// file: t.c
#include <linux/module.h>
#include "t.h"

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	cxl_bus_rescan();
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
/// file: t.h
#if IS_ENABLED(CONFIG_T_NEVER)
void cxl_bus_rescan(void);
#else
static inline void cxl_bus_rescan(void)
{
}
#endif
