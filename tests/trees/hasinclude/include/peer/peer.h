int peer_pages(int fd);
