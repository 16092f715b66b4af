/// case: one of two namespaces is a macro below, the other is not
/// missing: t: CXL DMA_BUF
#include <linux/module.h>
///+[identifier] MODULE_IMPORT_NS(CXL);
#define CXL 0x10

void cxl_bus_rescan(void);
struct dma_buf *dma_buf_get(int fd);
void rescan(void);
void rescan(void)
{
	cxl_bus_rescan();
	dma_buf_get(0);
}
MODULE_LICENSE("GPL");
///+[string] MODULE_IMPORT_NS("CXL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
