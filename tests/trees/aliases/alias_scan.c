void cxl_bus_rescan(void);
void alias_scan(void);

void alias_scan(void)
{
	cxl_bus_rescan();
}
