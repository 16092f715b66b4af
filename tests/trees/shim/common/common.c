void cxl_bus_rescan(void);
int shim_rescan(void);

int shim_rescan(void)
{
	cxl_bus_rescan();
	return 0;
}
