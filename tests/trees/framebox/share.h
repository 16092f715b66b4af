int framebox_share(int fd);
