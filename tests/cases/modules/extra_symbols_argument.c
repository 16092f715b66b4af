/// case: the namespace is known only from KBUILD_EXTRA_SYMBOLS on the command line
/// build: alone
/// args: KBUILD_EXTRA_SYMBOLS={dir}/other.symvers
/// missing: t: OTHER_NS
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
