/// case: the kernel's own header imports what it needs, where there is such a namespace
/// on: 7.x
/// since: 5.10
/// needs: PWM
/// gcc: no
#include <linux/module.h>
#include <linux/pwm.h>

int t(struct pwm_device *pwm);

int t(struct pwm_device *pwm)
{
	return pwm_enable(pwm);
}

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("t");
