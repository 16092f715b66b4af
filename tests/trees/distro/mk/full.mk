ccflags-y += -DDISTRO_RESCAN
