/// case: the use is in a macro of a header of the module
/// missing: t: CXL DMA_BUF
/// kernels: 6.12 7.x
/// file: t.c
#include <linux/module.h>
#include "t.h"

struct dma_buf *dma_buf_get(int fd);

static int __init t_init(void)
{
	t_rescan(2);
	return PTR_ERR_OR_ZERO(dma_buf_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@CXL);
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
/// file: t.h
void cxl_bus_rescan(void);

#define t_rescan(times)			\
	do {				\
		int i;			\
		for (i = 0; i < (times); i++)	\
			cxl_bus_rescan();	\
	} while (0)
