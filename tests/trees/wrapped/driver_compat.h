#ifndef DRIVER_COMPAT_H
#define DRIVER_COMPAT_H
#include <linux/module.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
#define DRIVER_IMPORT_NS(ns) MODULE_IMPORT_NS(#ns)
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 4, 0)
#define DRIVER_IMPORT_NS(ns) MODULE_IMPORT_NS(ns)
#else
#define DRIVER_IMPORT_NS(ns) struct driver_imports_nothing
#endif
#endif
