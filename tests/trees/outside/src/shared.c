#include <outside.h>

struct adis;
int __adis_check_status(struct adis *adis);

int outside_status(void)
{
	return __adis_check_status((void *)0);
}
