/// case: the Makefile sets the option itself, above its use, and has the usual two halves
/// missing: t: DMA_BUF
/// kernels: 6.12 7.x
/// file: Makefile
ifneq ($(KERNELRELEASE),)
CONFIG_T_DRIVER ?= m
obj-$(CONFIG_T_DRIVER) := t.o
t-objs := main.o
t-$(CONFIG_MODULES) += user.o
t-$(CONFIG_T_NEVER) += other.o
else
KDIR ?= /lib/modules/$(shell uname -r)/build

all:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules
endif
/// file: main.c
#include <linux/module.h>

int t_user(void);

static int __init t_init(void)
{
	return t_user();
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@DMA_BUF);
MODULE_DESCRIPTION("odd case");
/// file: user.c
struct dma_buf *dma_buf_get(int fd);
int t_user(void);

int t_user(void)
{
	return dma_buf_get(0) ? 1 : 0;
}
/// file: other.c
void cxl_bus_rescan(void);
int t_user(void);

int t_user(void)
{
	cxl_bus_rescan();
	return 0;
}
