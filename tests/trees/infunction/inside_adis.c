struct adis;
int __adis_check_status(struct adis *adis);
int inside_adis(void);

int inside_adis(void)
{
	return __adis_check_status((void *)0);
}
