struct dma_buf *dma_buf_get(int fd);
int lower_full(void);

int lower_full(void)
{
	return dma_buf_get(0) ? 0 : 1;
}
