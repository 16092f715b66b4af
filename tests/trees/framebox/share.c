/* The part that uses the namespace; it has no licence of its own. */
#include <linux/dma-buf.h>
#include <linux/err.h>
#include "share.h"

int framebox_share(int fd)
{
	struct dma_buf *frame = dma_buf_get(fd);

	if (IS_ERR(frame))
		return PTR_ERR(frame);
	dma_buf_put(frame);
	return 0;
}
