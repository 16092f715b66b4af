#include <linux/version.h>
struct dma_buf;
struct dma_buf *dma_buf_get(int fd);
