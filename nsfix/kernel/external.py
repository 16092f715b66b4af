"""From the directory that a user names to the modules that are built there: by Kbuild alone, by a Makefile that calls
the kernel's make, or as dkms.conf says.

In this order: a dkms.conf beside M= (or one above whose make line leads to M=) tells the make command; without one,
M= is read as `make -C KDIR M=DIR modules` reads it; and where nothing is built that way, what `make` in that directory
would call is followed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from nsfix.errors import InputError
from nsfix.kernel.dkms import DkmsConf, expected, read_dkms
from nsfix.kernel.kbuild import KbuildFacts, NothingBuilt, read_external
from nsfix.kernel.make.commandline import shown
from nsfix.kernel.tree import KernelBuild
from nsfix.kernel.wrapper import Followed, Follower, KernelCall, follow
from nsfix.model import BuiltModule, Remark

Reader = Callable[[KernelCall], KbuildFacts]
_MOST_ABOVE = 5
_MOST_REASONS = 4
_NOT_TOLD = ("KERNELRELEASE", "KBUILD_EXTMOD", "PWD")


def read_modules(
    directory: str, kernel: KernelBuild, variables: Mapping[str, str], reader: Reader | None = None
) -> KbuildFacts:
    """Read what is built in `directory` for `kernel`, with `variables` as the `VAR=value` words.

    `reader` gives the facts of one call of the kernel's make; nsfix's own without one. A remark that is no doubt tells
    what was followed. Raises NothingBuilt when no module comes of it, which names the lines at fault, and InputError
    as `read_external` does.
    """
    top = os.path.abspath(directory)

    def read_call(call: KernelCall) -> KbuildFacts:
        return read_external(call.directory, kernel, call.variables, call.environment)

    read = reader or read_call
    conf, followed = _by_dkms(top, kernel, variables)
    if conf is not None and followed.calls:
        facts = _read_all(top, followed, read, variables)
        if [call.directory for call in followed.calls] == [top]:
            facts = _untold_if_plain(facts, top, read, variables)
        return _with(facts, expected(conf, {module.name for module in facts.modules}))
    remarks = _unfollowed(conf, followed) if conf is not None else []
    try:
        return _with(read(KernelCall(top, variables, {}, top, None)), remarks)
    except NothingBuilt as error:
        wrapped = follow(top, kernel, variables)
        if not wrapped.calls:
            raise _nothing(error, [*remarks, *wrapped.reasons]) from None
        return _with(_read_all(top, wrapped, read, variables), remarks)


def _by_dkms(
    top: str, kernel: KernelBuild, variables: Mapping[str, str]
) -> tuple[DkmsConf | None, Followed]:  # fmt: skip
    """The dkms.conf that tells how `top` is built, and the calls that its make line leads to."""
    for directory in _upwards(top):
        conf = read_dkms(directory, kernel)
        if conf is None:
            continue
        follower = Follower(kernel, conf.unknowns)
        if conf.make is not None:
            words = {"KDIR": kernel.build_dir, **variables}
            started = {"PWD": directory}
            follower.text(conf.make, directory, words, started, conf.file, conf.line, stronger=variables)
        found = follower.found
        if directory == top:
            return conf, found
        found.calls = [call for call in found.calls if call.directory == top]
        if found.calls:
            return replace(conf, modules=()), found
    return None, Followed()


def _upwards(top: str) -> Iterator[str]:
    directory = top
    for _ in range(_MOST_ABOVE):
        yield directory
        parent = os.path.dirname(directory)
        if parent == directory:
            return
        directory = parent


def _read_all(top: str, followed: Followed, read: Reader, variables: Mapping[str, str]) -> KbuildFacts:
    """Read what every call builds; those that build nothing are remarked on, if another does."""
    modules: dict[str, BuiltModule] = {}
    remarks: list[Remark] = []
    files: list[str] = list(followed.files)
    symbols: list[str] = []
    failed: list[NothingBuilt] = []
    for call in followed.calls:
        try:
            facts = read(call)
        except NothingBuilt as error:
            failed.append(error)
            continue
        remarks += _told(call, top, variables)
        prefix = os.path.relpath(call.directory, top) + "/" if len(followed.calls) > 1 else ""
        for module in facts.modules:
            path = os.path.normpath(prefix + module.path)
            modules.setdefault(path, replace(module, path=path))
        remarks += facts.remarks
        files += facts.files
        # What a call before this one would have left is known from its sources.
        theirs = {os.path.join(other.directory, "Module.symvers") for other in followed.calls}
        symbols += [path for path in facts.extra_symbols if path not in theirs or os.path.exists(path)]
    if failed and not modules:
        raise _nothing(failed[0], followed.reasons)
    remarks += [Remark(error.message, error.file, error.line) for error in failed]
    remarks += followed.doubts
    return KbuildFacts(
        tuple(modules.values()),
        tuple(dict.fromkeys(remarks)),
        tuple(dict.fromkeys(files)),
        tuple(dict.fromkeys(symbols)),
    )


def _told(call: KernelCall, top: str, variables: Mapping[str, str]) -> list[Remark]:
    """What was followed, where it says more than the user did."""
    passed = {
        name: value
        for name, value in call.variables.items()
        if variables.get(name) != value and name not in _NOT_TOLD
    }
    given = {k: v for k, v in call.environment.items() if k not in _NOT_TOLD and call.variables.get(k) != v}
    if call.directory == top and not passed and not given:
        return []
    words = shown({"M": os.path.relpath(call.directory, top), **passed})
    exported = f", with {shown(given)} in the environment" if given else ""
    return [Remark(f"read as this make command says: {words}{exported}", call.file, call.line, doubt=False)]


def _untold_if_plain(
    facts: KbuildFacts, top: str, read: Reader, variables: Mapping[str, str]
) -> KbuildFacts:  # fmt: skip
    """`facts`, which a make line led to, without a word of that if Kbuild alone makes the same of `top`. Its doubts
    count all the same: what the make line gives is known."""
    try:
        plain = read(KernelCall(top, variables, {}, top, None))
    except InputError:
        return facts
    if (plain.modules, plain.extra_symbols) != (facts.modules, facts.extra_symbols):
        return facts
    return replace(facts, remarks=tuple(remark for remark in facts.remarks if remark.doubt))


def _unfollowed(conf: DkmsConf, followed: Followed) -> list[Remark]:
    """Why dkms.conf does not tell how this is built."""
    found = [*conf.remarks, *followed.reasons]
    missing = conf.unknowns.first(conf.make or "")
    if missing is not None and not found:
        said = f"how dkms builds this depends on {missing.text}, which is not run"
        found.append(Remark(said, conf.file, missing.line))
    if conf.before is not None:
        found.append(Remark(f"PRE_BUILD is not run: {conf.before[0]}", conf.file, conf.before[1]))
    return [Remark(f"dkms.conf is not followed: {each.message}", each.file, each.line) for each in found]


def _nothing(error: NothingBuilt, reasons: Sequence[Remark]) -> NothingBuilt:
    """The error that nothing is built, with why what a Makefile calls could not be followed."""
    told = [str(InputError(reason.message, reason.file, reason.line)) for reason in reasons]
    told = [each for each in dict.fromkeys(told) if each not in error.message]
    return NothingBuilt("; ".join([error.message, *told[:_MOST_REASONS]]), error.file, error.line)


def _with(facts: KbuildFacts, remarks: Sequence[Remark]) -> KbuildFacts:
    return replace(facts, remarks=tuple(dict.fromkeys((*remarks, *facts.remarks)))) if remarks else facts
