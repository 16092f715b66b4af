"""A small kernel build directory made by hand, so that the cases run without any kernel.

It has only what nsfix reads: the release, the configuration, the headers that the cases include, with
macros of the kernel's shape but none of its text, and a Module.symvers. There is one for each spelling
of the import.
"""

from __future__ import annotations

from pathlib import Path

RELEASE = {
    "6.12": (6, 12, 117),
    "7.x": (7, 2, 12),
    "4.19": (4, 19, 255),  # without MODULE_IMPORT_NS, and so without namespaces
    "5.10": (5, 10, 200),
    "el10": (6, 12, 0),  # with the string of later kernels
}
STRING = frozenset(("7.x", "el10"))
RHEL = {"el10": (10, 1)}
OPTIONS = dict.fromkeys(("MODULES", "PM", "SMP", "64BIT", "X86_64", "PWM"), "y")
OPTIONS |= {"USB_STORAGE": "m", "CXL_BUS": "m"}


def _into(namespace: str, exporter: str, prefix: str, names: str) -> dict[str, tuple[str, str]]:
    return {f"{prefix}{name}": (namespace, exporter) for name in names.split()}


# symbol -> (namespace, exporter)
SYMBOLS = (
    _into("DMA_BUF", "vmlinux", "dma_buf_", "get put fd export attach detach")
    | _into("CXL", "drivers/cxl/core/cxl_core", "cxl_bus_", "rescan drain")
    | _into("USB_STORAGE", "drivers/usb/storage/usb-storage", "usb_stor_", "resume suspend disconnect probe1")
    | _into("USB_STORAGE", "drivers/usb/storage/usb-storage", "fill_inquiry_", "response")
    | _into(
        "IIO_ADISLIB",
        "drivers/iio/imu/adis_lib",
        "__adis_",
        "write_reg read_reg check_status update_bits_base",
    )
    | _into(
        "", "vmlinux", "", "_printk module_layout __fentry__ __x86_return_thunk kfree mutex_lock mutex_unlock"
    )
    | _into("", "vmlinux", "", "__stack_chk_fail param_ops_int __symbol_get __symbol_put __warn_printk")
)
ONLY_7X = {
    "pwm_apply_might_sleep": ("PWM", "vmlinux"),
    "pwm_get": ("PWM", "vmlinux"),
    "pwm_put": ("PWM", "vmlinux"),
    "perf_guest_get_msrs": ("module:kvm,kvm-amd,kvm-intel", "vmlinux"),
}
ONLY_612 = {"anon_inode_make_secure_inode": ("module:kvm", "vmlinux")}
_FURTHER = {"6.12": ONLY_612, "7.x": ONLY_7X}

_HEADERS = {
    "linux/kconfig.h": """
#include <generated/autoconf.h>
#define __PICK_1 0,
#define __second(first, value, ...) value
#define __set(x) __set_1(x)
#define __set_1(x) __set_2(__PICK_##x)
#define __set_2(junk) __second(junk 1, 0)
#define IS_BUILTIN(option) __set(option)
#define IS_MODULE(option) __set(option##_MODULE)
#define IS_ENABLED(option) (IS_BUILTIN(option) || IS_MODULE(option))
""",
    "linux/compiler-version.h": "#define GCC_VERSION 120200\n",
    "linux/compiler_types.h": """
#define __always_inline inline __attribute__((__always_inline__))
#define __maybe_unused __attribute__((__unused__))
#define __used __attribute__((__used__))
#define __cleanup(f) __attribute__((__cleanup__(f)))
#define __user
#define noinline __attribute__((__noinline__))
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define __init __attribute__((__section__(".init.text")))
#define __exit __attribute__((__section__(".exit.text"))) __attribute__((__used__))
""",
    "linux/compiler.h": "#define likely(x) (x)\n#define unlikely(x) (x)\n",
    "linux/stringify.h": "#define __stringify_2(x...) #x\n#define __stringify(x...) __stringify_2(x)\n",
    "linux/types.h": """
typedef _Bool bool;
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long size_t;
#define NULL ((void *)0)
#define true 1
#define false 0
""",
    "linux/err.h": """
#include <linux/types.h>
#define EINVAL 22
static inline long PTR_ERR(const void *pointer) { return (long)pointer; }
static inline bool IS_ERR(const void *pointer) { return (unsigned long)pointer > (unsigned long)-4096; }
static inline int PTR_ERR_OR_ZERO(const void *pointer) { return IS_ERR(pointer) ? PTR_ERR(pointer) : 0; }
""",
    "linux/printk.h": """
int _printk(const char *format, ...);
#define pr_info(format, ...) _printk(format, ##__VA_ARGS__)
""",
    "linux/kernel.h": "#include <linux/types.h>\n#include <linux/err.h>\n#include <linux/printk.h>\n",
    "linux/linkage.h": "#define SYM_FUNC_START(name) .globl name ; name:\n#define SYM_FUNC_END(name)\n",
    "linux/moduleparam.h": """
#define module_param(name, type, mode) static int *__param_##name __used = &name
""",
    "linux/cleanup.h": """
#define DEFINE_FREE(name, type, action) \\
	static inline void __free_##name(void *p) { type _T = *(type *)p; action; }
#define __free(name) __cleanup(__free_##name)
""",
    "linux/atomic.h": """
#ifndef _LINUX_ATOMIC_H
#define _LINUX_ATOMIC_H
typedef struct { int counter; } atomic_t;
#define ATOMIC_INIT(i) { (i) }
int atomic_inc_return(atomic_t *v);
int atomic_read(const atomic_t *v);
#endif
""",
    "linux/mutex.h": """
struct mutex { int owner; };
void mutex_lock(struct mutex *);
void mutex_unlock(struct mutex *);
""",
    "linux/fs.h": """
struct inode;
struct super_block;
struct inode *anon_inode_make_secure_inode(struct super_block *, const char *, const struct inode *);
""",
    "linux/slab.h": "void kfree(const void *);\n",
    "linux/init.h": "#include <linux/compiler_types.h>\n",
    "linux/version.h": "#include <generated/uapi/linux/version.h>\n",
    "linux/dma-buf.h": """
#ifndef __DMA_BUF_H__
#define __DMA_BUF_H__
#include <linux/types.h>
struct dma_buf { size_t size; };
struct dma_buf *dma_buf_get(int fd);
void dma_buf_put(struct dma_buf *);
int dma_buf_fd(struct dma_buf *, int flags);
#endif
""",
    "linux/iio/imu/adis.h": """
#ifndef __ADIS_H__
#define __ADIS_H__
#include <linux/types.h>
#include <linux/mutex.h>
struct adis { struct mutex state_lock; };
int __adis_write_reg(struct adis *adis, unsigned int reg, unsigned int value, unsigned int size);
int __adis_check_status(struct adis *adis);
int __adis_update_bits_base(struct adis *adis, unsigned int reg, u32 mask, u32 value, u8 size);
static inline int adis_check_status(struct adis *adis)
{
	int status;

	mutex_lock(&adis->state_lock);
	status = __adis_check_status(adis);
	mutex_unlock(&adis->state_lock);
	return status;
}
static inline int adis_write_reg_8(struct adis *adis, unsigned int reg, u8 value)
{
	return __adis_write_reg(adis, reg, value, 1);
}
#define adis_update_bits(adis, reg, mask, value) \\
	__adis_update_bits_base(adis, reg, mask, value, sizeof(value))
#endif
""",
    "linux/export.h": """
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H
#include <linux/stringify.h>
#define ___EXPORT_SYMBOL(sym, license, ns...) \\
	.section ".export_symbol","a" ; __export_symbol_##sym: ; .asciz license ; .ascii ns "\\0" ; \\
	.quad sym ; .previous
#ifdef __ASSEMBLY__
#define __EXPORT_SYMBOL(sym, license, ns) ___EXPORT_SYMBOL(sym, license, ns)
#else
#define __EXPORT_SYMBOL(sym, license, ns) \\
	extern typeof(sym) sym; asm(__stringify(___EXPORT_SYMBOL(sym, license, ns)))
#endif
#ifdef DEFAULT_SYMBOL_NAMESPACE
#define _EXPORT_SYMBOL(sym, license) __EXPORT_SYMBOL(sym, license, DEFAULT_SYMBOL_NAMESPACE)
#else
#define _EXPORT_SYMBOL(sym, license) __EXPORT_SYMBOL(sym, license, "")
#endif
#define EXPORT_SYMBOL(sym) _EXPORT_SYMBOL(sym, "")
#define EXPORT_SYMBOL_GPL(sym) _EXPORT_SYMBOL(sym, "GPL")
#define EXPORT_SYMBOL_NS(sym, ns) __EXPORT_SYMBOL(sym, "", <NS>)
#define EXPORT_SYMBOL_NS_GPL(sym, ns) __EXPORT_SYMBOL(sym, "GPL", <NS>)
#endif
""",
    "linux/module.h": """
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/export.h>
#include <linux/stringify.h>
#include <linux/compiler.h>
#define __NAME_2(tag, line) __info_##tag##line
#define __NAME(tag, line) __NAME_2(tag, line)
#define MODULE_INFO(tag, info) static const char __NAME(tag, __LINE__)[] __used = #tag "=" info
#define MODULE_LICENSE(license_text) MODULE_INFO(license, license_text)
#define MODULE_AUTHOR(author_text) MODULE_INFO(author, author_text)
#define MODULE_DESCRIPTION(text) MODULE_INFO(description, text)
#define MODULE_VERSION(text) MODULE_INFO(version, text)
#define MODULE_ALIAS(text) MODULE_INFO(alias, text)
#define MODULE_IMPORT_NS(ns) MODULE_INFO(import_ns, <NS>)
#define module_init(f) int init_module(void) __attribute__((alias(#f)))
#define module_exit(f) void cleanup_module(void) __attribute__((alias(#f)))
struct module;
extern struct module __this_module;
#define THIS_MODULE (&__this_module)
void *__symbol_get(const char *symbol);
void __symbol_put(const char *symbol);
#define symbol_get(x) ((typeof(&x))(__symbol_get(__stringify(x))))
#define symbol_put(x) __symbol_put(__stringify(x))
#endif
""",
}
_PWM = """
#include <linux/module.h>
MODULE_IMPORT_NS("PWM");
struct pwm_device;
struct pwm_state { int duty; };
int pwm_apply_might_sleep(struct pwm_device *pwm, const struct pwm_state *state);
static inline int pwm_enable(struct pwm_device *pwm)
{
	struct pwm_state state = { 1 };

	return pwm_apply_might_sleep(pwm, &state);
}
static inline void pwm_disable(struct pwm_device *pwm)
{
	struct pwm_state state = { 0 };

	pwm_apply_might_sleep(pwm, &state);
}
"""
# As from 6.1 on, as far as it says what is built.
_TOP_MAKEFILE = """
libs-y := lib/
-include arch/$(SRCARCH)/Makefile
build-dir := .
export ARCH_CORE := $(core-y)
export ARCH_LIB := $(filter %/,$(libs-y))
export ARCH_DRIVERS := $(drivers-y) $(drivers-m)
export KBUILD_CPPFLAGS KBUILD_CFLAGS KBUILD_AFLAGS
"""


def make_kernel(kdir: Path, series: str) -> Path:
    """Writes the fake kernel of a series of RELEASE and returns its directory."""
    version, patchlevel, sublevel = RELEASE[series]
    string, namespaced = series in STRING, RELEASE[series] >= (5, 4, 0)
    how = "%s" if string else "__stringify(%s)"
    files = {f"include/{path}": text.lstrip().replace("<NS>", how % "ns") for path, text in _HEADERS.items()}
    if not namespaced:
        header = files["include/linux/module.h"].splitlines(keepends=True)
        files["include/linux/module.h"] = "".join(line for line in header if "IMPORT_NS" not in line)
    if series == "7.x":
        files["include/linux/pwm.h"] = _PWM.lstrip()
    code = (version << 16) + (patchlevel << 8) + min(sublevel, 255)
    files |= {
        "Makefile": f"VERSION = {version}\nPATCHLEVEL = {patchlevel}\n"
        f"SUBLEVEL = {sublevel}\nEXTRAVERSION =\n" + _TOP_MAKEFILE,
        ".config": "".join(f"CONFIG_{name}={value}\n" for name, value in OPTIONS.items()),
        "include/config/auto.conf": "".join(f"CONFIG_{name}={value}\n" for name, value in OPTIONS.items()),
        "include/config/kernel.release": f"{version}.{patchlevel}.{sublevel}\n",
        "include/generated/autoconf.h": "".join(
            f"#define CONFIG_{name}{'_MODULE' if value == 'm' else ''} 1\n" for name, value in OPTIONS.items()
        ),
        "include/generated/utsrelease.h": f'#define UTS_RELEASE "{version}.{patchlevel}.{sublevel}"\n',
        "include/generated/uapi/linux/version.h": f"#define LINUX_VERSION_CODE {code}\n"
        "#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))\n"
        + _rhel(series),
        "Module.symvers": "".join(
            f"0x00000000\t{symbol}\t{exporter}\tEXPORT_SYMBOL_GPL" + f"\t{namespace}" * namespaced + "\n"
            for symbol, (namespace, exporter) in (SYMBOLS | _FURTHER.get(series, {})).items()
        ),
    }
    for path, content in files.items():
        (kdir / path).parent.mkdir(parents=True, exist_ok=True)
        (kdir / path).write_text(content, encoding="utf-8")
    return kdir


def _rhel(series: str) -> str:
    """What the version header of that series has further."""
    if series not in RHEL:
        return ""
    major, minor = RHEL[series]
    return (
        f"#define RHEL_MAJOR {major}\n#define RHEL_MINOR {minor}\n"
        "#define RHEL_RELEASE_VERSION(a, b) (((a) << 8) + (b))\n"
        f"#define RHEL_RELEASE_CODE {(major << 8) + minor}\n"
    )
