/// case: the Kbuild file names the further symvers file
/// build: alone
/// missing: t: OTHER_NS
/// kernels: 6.12 7.x
/// file: t.c
#include <linux/module.h>

struct dma_buf *other_get(int fd);

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(other_get(0));
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ MODULE_IMPORT_NS(@OTHER_NS);
MODULE_DESCRIPTION("odd case");
/// file: other.symvers
0x00000000	other_get	other/other	EXPORT_SYMBOL_GPL	OTHER_NS
/// file: Kbuild
obj-m := t.o
KBUILD_EXTRA_SYMBOLS := $(src)/other.symvers
