#!/bin/sh
# What configure tries. It is no source of the module, though it looks like one.
cat > conftest.c <<'END'
#include <linux/module.h>
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("USB_STORAGE");
END
