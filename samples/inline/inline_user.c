// SPDX-License-Identifier: GPL-2.0
/* Calls no function of the namespace itself: adis_check_status() is an inline of the header, and that one does. */
#include <linux/iio/imu/adis.h>
#include <linux/module.h>

int inline_sample_check(struct adis *adis);

int inline_sample_check(struct adis *adis)
{
	return adis_check_status(adis);
}
EXPORT_SYMBOL_GPL(inline_sample_check);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("nsfix sample: needs only what an inline of a header uses");
