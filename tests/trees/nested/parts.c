struct dma_buf *dma_buf_get(int fd);
void cxl_bus_rescan(void);
void usb_stor_disconnect(void *intf);
int nested_parts(void);

int nested_parts(void)
{
	cxl_bus_rescan();
	usb_stor_disconnect((void *)0);
	return dma_buf_get(0) ? 0 : 1;
}
