distro-modules := distro.o
