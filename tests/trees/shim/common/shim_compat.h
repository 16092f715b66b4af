/* For kernels before 5.4, where nothing need be imported. */
#ifndef SHIM_COMPAT_H
#define SHIM_COMPAT_H
#include <linux/module.h>
#ifndef MODULE_IMPORT_NS
#define MODULE_IMPORT_NS(ns)
#endif
int shim_rescan(void);
#endif
