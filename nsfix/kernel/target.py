"""What has to be known of a kernel for sources to be made right on it."""

from __future__ import annotations

import os
import re

from nsfix.kernel.tree import KernelBuild, read_part
from nsfix.model import Target

VERSION_H = "include/generated/uapi/linux/version.h"
_NUMBER = re.compile(
    rb"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(0[xX][0-9a-fA-F]+|[1-9]\d*|0)[uUlL]*[ \t]*\r?$", re.MULTILINE
)
_OF_EVERY_KERNEL = b"LINUX_VERSION_"


def target_of(kernel: KernelBuild, label: str = "") -> Target:
    """`kernel` as a target. Its marks are the numbers that a distribution's version header defines besides those that
    every kernel's has, such as RHEL_RELEASE_CODE."""
    path = os.path.join(kernel.build_dir, VERSION_H)
    text = kernel.made.get(path) or read_part(kernel.build_dir, VERSION_H) or b""
    marks = {
        name.decode(): int(value, 0)
        for name, value in _NUMBER.findall(text)
        if not name.startswith(_OF_EVERY_KERNEL)
    }
    return Target(label or kernel.release, kernel.version, kernel.spelling, marks)
