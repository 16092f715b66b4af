#include <linux/types.h>

struct dma_buf *dma_buf_get(int fd);
bool alias_take(int fd);

bool alias_take(int fd)
{
	return dma_buf_get(fd);
}
