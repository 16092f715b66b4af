// SPDX-License-Identifier: GPL-2.0
#include <linux/dma-buf.h>
#include <linux/err.h>

#include "share.h"

int demo_share(int fd)
{
	struct dma_buf *buf = dma_buf_get(fd);

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	dma_buf_put(buf);
	return 0;
}
