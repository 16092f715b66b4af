from __future__ import annotations

from pathlib import Path

import pytest

from nsfix.errors import InputError
from nsfix.kernel.tree import default_kdir, read_kernel_build
from nsfix.model import Spelling
from tests.kbuild.kernel_files import CONFIG, kernel_files, make_kernel, write


def test_a_configured_source_tree(tmp_path: Path) -> None:
    kernel = make_kernel(tmp_path, (6, 12, 30))
    assert kernel.build_dir == kernel.source_dir == str(tmp_path)
    assert kernel.release == "6.12.30-test"
    assert kernel.version_code == 0x060C1E
    assert kernel.version == (6, 12, 30)
    assert kernel.arch == "x86"
    assert kernel.config == CONFIG
    assert kernel.config_macros[b"CONFIG_USB_MODULE"] == b"1"
    assert kernel.config_macros[b"CONFIG_GCC_VERSION"] == b"120200"
    assert kernel.symvers == f"{tmp_path}/Module.symvers"
    assert kernel.include_path == (
        f"{tmp_path}/arch/x86/include",
        f"{tmp_path}/arch/x86/include/generated",
        f"{tmp_path}/include",
        f"{tmp_path}/arch/x86/include/uapi",
        f"{tmp_path}/arch/x86/include/generated/uapi",
        f"{tmp_path}/include/uapi",
        f"{tmp_path}/include/generated/uapi",
    )
    assert [Path(path).name for path in kernel.forced_includes] == [
        "compiler-version.h",
        "kconfig.h",
        "compiler_types.h",
    ]


@pytest.mark.parametrize(
    ("definition", "spelling"),
    [
        ("#define MODULE_IMPORT_NS(ns) MODULE_INFO(import_ns, ns)", Spelling.STRING),
        ("#define MODULE_IMPORT_NS(ns)\tMODULE_INFO(import_ns, #ns)", Spelling.IDENTIFIER),
        ("# define MODULE_IMPORT_NS(ns) \\\n\tMODULE_INFO(import_ns, __stringify(ns))", Spelling.IDENTIFIER),
        ("#define MODULE_FIRMWARE(f) MODULE_INFO(firmware, f)", Spelling.NONE),
    ],
)
def test_the_header_decides_the_spelling(tmp_path: Path, definition: str, spelling: Spelling) -> None:
    source, build = kernel_files((6, 12, 0))
    write(tmp_path, source | build | {"include/linux/module.h": definition + "\n"})
    assert read_kernel_build(str(tmp_path)).spelling is spelling


def test_debian_headers(tmp_path: Path) -> None:
    source, build = kernel_files((6, 12, 30))
    write(tmp_path / "linux-headers-6.12-common", source)
    makefile = f"include {tmp_path}/linux-headers-6.12-common/Makefile\n"
    variables = "override ARCH = x86\noverride KERNELRELEASE = 6.12-amd64\n"
    write(
        tmp_path / "linux-headers-6.12-amd64", build | {"Makefile": makefile, ".kernelvariables": variables}
    )
    kernel = read_kernel_build(str(tmp_path / "linux-headers-6.12-amd64"))
    assert kernel.source_dir == str(tmp_path / "linux-headers-6.12-common")
    assert kernel.include_path[2:4] == (f"{kernel.source_dir}/include", f"{kernel.build_dir}/include")


def test_debian_headers_unpacked_elsewhere(tmp_path: Path) -> None:
    source, build = kernel_files((7, 2, 1))
    write(tmp_path / "linux-headers-7.2-common", source)
    makefile = (
        "KBUILD_OUTPUT=/nowhere/linux-headers-7.2-amd64\ninclude /nowhere/linux-headers-7.2-common/Makefile\n"
    )
    write(tmp_path / "linux-headers-7.2-amd64", build | {"Makefile": makefile})
    kernel = read_kernel_build(str(tmp_path / "linux-headers-7.2-amd64"))
    assert kernel.source_dir == str(tmp_path / "linux-headers-7.2-common")


@pytest.mark.parametrize("how", ["makefile", "symlink", "output"])
def test_a_separate_build_directory(tmp_path: Path, how: str) -> None:
    source, build = kernel_files((7, 2, 1))
    write(tmp_path / "src", source)
    write(tmp_path / "out", build)
    if how == "makefile":
        text = f"# generated\nexport KBUILD_OUTPUT = {tmp_path}/out\ninclude {tmp_path}/src/Makefile\n"
        write(tmp_path / "out", {"Makefile": text})
    elif how == "symlink":
        (tmp_path / "out/source").symlink_to(tmp_path / "src")
    if how == "output":
        kernel = read_kernel_build(str(tmp_path / "src"), output=str(tmp_path / "out"))
    else:
        kernel = read_kernel_build(str(tmp_path / "out"))
    assert Path(kernel.source_dir).resolve() == tmp_path / "src"
    assert kernel.build_dir == str(tmp_path / "out")


@pytest.mark.parametrize(
    ("arch", "srcarch"),
    [
        *(("x86_64", "x86"), ("i386", "x86"), ("aarch64", "arm64"), ("arm64", "arm64"), ("armv7l", "arm")),
        *(
            ("ppc64le", "powerpc"),
            ("s390x", "s390"),
            ("riscv64", "riscv"),
            ("sparc64", "sparc"),
            ("um", "um"),
        ),
    ],
)
def test_arch_as_users_say_it(tmp_path: Path, arch: str, srcarch: str) -> None:
    source, build = kernel_files((6, 12, 0))
    write(tmp_path, source | build)
    assert read_kernel_build(str(tmp_path), arch=arch).arch == srcarch


def test_arch_from_the_configuration(tmp_path: Path) -> None:
    assert make_kernel(tmp_path, (6, 12, 0), {"CONFIG_ARM64": "y"}).arch == "arm64"


def test_release_without_generated_headers(tmp_path: Path) -> None:
    source, build = kernel_files((6, 12, 30))
    del build["include/generated/utsrelease.h"], build["include/generated/uapi/linux/version.h"]
    write(tmp_path, source | build | {"include/config/kernel.release": "6.12.300-x\n"})
    kernel = read_kernel_build(str(tmp_path))
    assert kernel.release == "6.12.300-x"
    assert kernel.version == (6, 12, 255)


def test_no_such_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="install the kernel headers") as caught:
        read_kernel_build(str(tmp_path / "none"))
    assert caught.value.file == str(tmp_path / "none")


def test_no_kernel_here(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no kernel headers here"):
        read_kernel_build(str(tmp_path))


def test_not_configured(tmp_path: Path) -> None:
    source, _ = kernel_files((6, 12, 0))
    write(tmp_path, source)
    with pytest.raises(InputError, match="run `make modules_prepare` there"):
        read_kernel_build(str(tmp_path))


def test_default_kdir() -> None:
    assert default_kdir().startswith("/lib/modules/")
