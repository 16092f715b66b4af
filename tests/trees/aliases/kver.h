/* Short names for what the kernel calls at length. */
#ifndef ALIASES_KVER_H
#define ALIASES_KVER_H
#include <linux/version.h>
#define KVER LINUX_VERSION_CODE
#define KVER_OF(a, b) KERNEL_VERSION(a, b, 0)
#define KVER_QUOTED KVER_OF(6, 13)
#endif
