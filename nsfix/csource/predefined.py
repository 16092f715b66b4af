"""What the compiler defines before the first line, and what it can do.

Source: GCC's manual (Common Predefined Macros) and the psABI of each architecture; the version comes from the
kernel's own CONFIG_GCC_VERSION or CONFIG_CLANG_VERSION. Words that only the compiler may define are `SETTLED`:
no header redefines them, so a condition that asks for nothing else has one answer for the whole kernel.
"""

from __future__ import annotations

from collections.abc import Mapping

_COMMON = {
    "__STDC__": "1", "__STDC_VERSION__": "201112L", "__STDC_HOSTED__": "1", "__OPTIMIZE__": "1", "__CHAR_BIT__": "8",
    "__SIZEOF_SHORT__": "2", "__SIZEOF_INT__": "4", "__SIZEOF_LONG_LONG__": "8", "__INT_MAX__": "0x7fffffff",
    "__SCHAR_MAX__": "0x7f", "__SHRT_MAX__": "0x7fff", "__LONG_LONG_MAX__": "0x7fffffffffffffffLL",
    "__ORDER_LITTLE_ENDIAN__": "1234", "__ORDER_BIG_ENDIAN__": "4321", "__ORDER_PDP_ENDIAN__": "3412",
    "__CHAR_UNSIGNED__": "1", "__GNUC_STDC_INLINE__": "1", "__ELF__": "1", "linux": "1", "__linux__": "1",
    "__linux": "1", "unix": "1", "__unix__": "1", "__gnu_linux__": "1", "__GCC_ASM_FLAG_OUTPUTS__": "1",
    "__USER_LABEL_PREFIX__": "",
}  # fmt: skip
_LP64 = {
    "__LP64__": "1", "_LP64": "1", "__SIZEOF_LONG__": "8", "__SIZEOF_POINTER__": "8", "__SIZEOF_SIZE_T__": "8",
    "__LONG_MAX__": "0x7fffffffffffffffL", "__SIZEOF_INT128__": "16", "__SIZE_TYPE__": "unsigned long",
    "__PTRDIFF_TYPE__": "long", "__UINTPTR_TYPE__": "unsigned long", "__INTPTR_TYPE__": "long",
}  # fmt: skip
_ILP32 = {
    "__ILP32__": "1", "__SIZEOF_LONG__": "4", "__SIZEOF_POINTER__": "4", "__SIZEOF_SIZE_T__": "4",
    "__LONG_MAX__": "0x7fffffffL", "__SIZE_TYPE__": "unsigned int", "__PTRDIFF_TYPE__": "int",
    "__UINTPTR_TYPE__": "unsigned int", "__INTPTR_TYPE__": "int",
}  # fmt: skip
_ARCH: dict[str, tuple[str, ...]] = {
    "x86": ("__x86_64__", "__x86_64", "__amd64__", "__amd64", "__code_model_kernel__"),
    "arm64": ("__aarch64__", "__AARCH64EL__", "__ARM_64BIT_STATE"),
    "arm": ("__arm__", "__ARMEL__", "__ARM_EABI__"),
    "riscv": ("__riscv",),
    "powerpc": ("__powerpc__", "__PPC__", "__powerpc", "PPC"),
    "s390": ("__s390__",),
    "mips": ("__mips__", "__mips", "mips"),
    "loongarch": ("__loongarch__",),
    "sparc": ("__sparc__", "sparc"),
    "parisc": ("__hppa__", "__hppa"),
    "um": ("__x86_64__", "__x86_64", "__amd64__", "__amd64"),
}
_ARCH_64 = {
    "riscv": {"__riscv_xlen": "64"},
    "powerpc": {"__powerpc64__": "1", "__PPC64__": "1", "_CALL_ELF": "2"},
    "s390": {"__s390x__": "1"},
    "mips": {"__mips64": "1", "_MIPS_SZLONG": "64"},
    "loongarch": {"__loongarch_grlen": "64", "__loongarch64": "1", "__loongarch_lp64": "1"},
    "sparc": {"__arch64__": "1", "__sparc_v9__": "1"},
    "parisc": {"__LP64__": "1"},
}

_SETTLED_WORDS = (
    [*_COMMON, *_LP64, *_ILP32, *(word for words in _ARCH.values() for word in words)]
    + [word for words in _ARCH_64.values() for word in words]
    + [
        "__GNUC__",
        "__GNUC_MINOR__",
        "__GNUC_PATCHLEVEL__",
        "__clang__",
        "__clang_major__",
        "__i386__",
        "i386",
    ]
    + [
        "__BYTE_ORDER__",
        "__KERNEL__",
        "MODULE",
        "__cplusplus",
        "__ASSEMBLER__",
        "__INTEL_COMPILER",
        "__CHECKER__",
    ]
    + ["__GENKSYMS__", "__STRICT_ANSI__", "__ICC", "__TINYC__"]
)
SETTLED = frozenset(word.encode() for word in _SETTLED_WORDS)


def predefined_macros(arch: str, config: Mapping[str, str]) -> dict[bytes, bytes]:
    """The compiler's own macros for a kernel of SRCARCH `arch` that is configured as `config` says."""
    macros = dict(_COMMON)
    wide = config.get("CONFIG_64BIT") == "y" or arch in ("arm64",)
    macros |= _LP64 if wide else _ILP32
    if arch == "x86" and not wide:
        macros |= {"__i386__": "1", "__i386": "1", "i386": "1"}
    else:
        macros |= dict.fromkeys(_ARCH.get(arch, ()), "1")
        macros |= _ARCH_64.get(arch, {}) if wide else {}
    big = config.get("CONFIG_CPU_BIG_ENDIAN") == "y" or arch in ("s390", "sparc", "parisc", "m68k")
    macros["__BYTE_ORDER__"] = "4321" if big else "1234"
    macros |= _compiler_version(config)
    return {name.encode(): value.encode() for name, value in macros.items()}


def _compiler_version(config: Mapping[str, str]) -> dict[str, str]:
    if config.get("CONFIG_CC_IS_CLANG") == "y":
        version = int(config.get("CONFIG_CLANG_VERSION", "160000"))
        clang = {"__clang__": "1", "__clang_major__": str(version // 10000)}
        clang |= {"__clang_minor__": str(version // 100 % 100), "__clang_patchlevel__": str(version % 100)}
        return clang | {"__GNUC__": "4", "__GNUC_MINOR__": "2", "__GNUC_PATCHLEVEL__": "1"}
    version = int(config.get("CONFIG_GCC_VERSION", "120200") or "120200")
    return {
        "__GNUC__": str(version // 10000),
        "__GNUC_MINOR__": str(version // 100 % 100),
        "__GNUC_PATCHLEVEL__": str(version % 100),
    }
