void cxl_bus_rescan(void);
void wrapped_port(void);

void wrapped_port(void)
{
	cxl_bus_rescan();
}
