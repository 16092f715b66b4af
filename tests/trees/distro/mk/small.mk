ccflags-y += -DDISTRO_SMALL
