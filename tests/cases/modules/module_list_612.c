/// case: the one reserved symbol of 6.12; its modpost knows no lists, but an import of it is no way out
/// peer: k
/// kernels: 6.12
/// missing: t: module:kvm
/// left: t: module:kvm
/// rules: reserved-namespace
/// refuse: module:kvm
#include <linux/fs.h>
#include <linux/module.h>

static int __init t_init(void)
{
	return PTR_ERR_OR_ZERO(anon_inode_make_secure_inode(NULL, "t", NULL));
}
module_init(t_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("odd case");
