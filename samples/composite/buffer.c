// SPDX-License-Identifier: GPL-2.0
/* The only user of the namespace; MODULE_LICENSE stands in main.c. */
#include <linux/dma-buf.h>
#include <linux/err.h>

#include "buffer.h"

long composite_size(int fd)
{
	struct dma_buf *buf = dma_buf_get(fd);
	long size;

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	size = buf->size;
	dma_buf_put(buf);
	return size;
}
