struct dma_buf *dma_buf_get(int fd);
int wrapped_util(int fd);

int wrapped_util(int fd)
{
	return dma_buf_get(fd) ? 0 : 1;
}
