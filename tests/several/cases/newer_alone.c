/// case: only the newer kernel has the symbol in a namespace
/// on: 6.12 7.x
/// needs: PWM
#include <linux/module.h>
///+ #include <linux/version.h>

struct pwm_device *pwm_get(void);

static int __init t_init(void)
{
	return pwm_get() != NULL;
}
module_init(t_init);

MODULE_LICENSE("GPL");
///+ #if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
///+ MODULE_IMPORT_NS("PWM");
///+ #endif
MODULE_DESCRIPTION("t");
