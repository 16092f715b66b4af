"""The command line: the door that owns the words, the exit codes, and the one `except`.

Exit codes: 0 nothing to say; 1 findings remain (check), the diff is not empty or something cannot be mended
(diff), something could not be mended (apply); 2 usage or failure. stdout has the result, stderr the talk.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import click

from nsfix import __version__
from nsfix.errors import NsfixError, UsageError
from nsfix.files import PartlyWritten, Write, write_all
from nsfix.in_tree import check_tree, tree_of
from nsfix.kernel.make.commandline import make_words
from nsfix.model import Guard, Level
from nsfix.progress import Progress
from nsfix.project import (
    Answer,
    Request,
    asks_for_several,
    base_of,
    check_sources,
    request_under,
    settings_of,
    settled,
    shown_path,
)
from nsfix.scan import Cache, cache_directory
from nsfix.scan.cache import REPLIES
from nsfix.settings import Settings
from nsfix.views.diff import Change, coloured, unified_diff
from nsfix.views.report import FileFix, KernelPart, Outcome, Report

_RARELY = 200_000
_DEEPEST = 50_000  # frames; an expression of C may nest deeper than Python's own limit of 1000
NOTHING, FINDINGS, FAILURE = 0, 1, 2
_WORDS = click.argument("words", nargs=-1, metavar="[M=DIR] [KDIR=DIR] [VAR=value]... [PATH]...")


def _common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say where the facts come from."""
    options = [
        click.option(
            "-C",
            "--kdir",
            metavar="DIR",
            multiple=True,
            help="The kernel's build directory or headers, as KDIR=DIR. Given several times: right on each of them.",
        ),
        click.option(
            "--since",
            metavar="VERSION",
            help="Right on upstream's kernels from VERSION (such as 5.10) on too.",
        ),
        click.option(
            "--guard",
            type=click.Choice([guard.value for guard in Guard]),
            help="What to put around imports that not all kernels take: conditions on the version (default), or on "
            "MODULE_IMPORT_NS where that will do, or nothing.",
        ),
        click.option(
            "--log", metavar="FILE", help="Take what a build printed (- for stdin) as the evidence."
        ),
        click.option("--nsdeps", metavar="FILE", help="Take a modules.nsdeps file as the evidence."),
        click.option(
            "--config",
            metavar="FILE|any",
            help="In a kernel tree: the configuration (default: its .config); any for all of them.",
        ),
        click.option("--symvers", metavar="FILE", multiple=True, help="A further Module.symvers."),
        click.option(
            "--make",
            is_flag=True,
            help="Ask the real make what is built; this runs commands of the Makefiles.",
        ),
        click.option(
            "--no-cache", is_flag=True, help="In a kernel tree: neither use nor keep earlier results."
        ),
        click.option(
            "--build", is_flag=True, help="Run the real make for the evidence, and again to confirm."
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return _WORDS(command)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="nsfix")
def cli() -> None:
    """Find missing symbol namespace imports in Linux kernel modules, without a build, and insert them.

    DIR of M= is an external module's directory (default: the current one). KDIR is the kernel that it is built
    for (default: the running one's). VAR=value words mean what they mean to make.
    """


@cli.command()
@_common
@click.option("--dry-run", is_flag=True, help="Print the diff and write nothing: the same as `nsfix diff`.")
def apply(dry_run: bool, words: tuple[str, ...], **options: Any) -> None:
    """Insert the missing imports into the sources."""
    request = _request(words, options)
    if dry_run:
        _finish(_show_diff(request, options))
    answer = _answer(request, options, brief=True)
    base = base_of(request)
    mending = answer.mending
    writes = [Write(path, before, after) for path, (before, after) in sorted(mending.texts.items())]
    written = write_all(writes)
    for path in written:
        namespaces = mending.namespaces[path]
        click.echo(f"{_shown(path, base)}: imports {', '.join(namespaces)}")
    refused = _say(answer, base)
    if options["build"] and written:
        refused = _confirm(request, base) or refused
    if not written and not refused:
        _talk(f"nothing to do: no import is missing{_reach(answer)}")
    _finish(FINDINGS if refused else NOTHING)


@cli.command()
def lsp() -> None:
    """Serve an editor on stdin and stdout, by the Language Server Protocol."""
    from nsfix.lsp.server import serve

    serve()


@cli.command("filter")
@click.option(
    "--stdin-filename", "path", metavar="FILE", required=True, help="The file that the buffer is of."
)
@click.option("-C", "--kdir", metavar="DIR", multiple=True, help="The kernel, as for apply.")
@click.option("--config", metavar="FILE", help="In a kernel tree: the configuration (default: its .config).")
@click.option("--since", metavar="VERSION", help="Right on upstream's kernels from VERSION on too.")
@click.option("--guard", type=click.Choice([guard.value for guard in Guard]), help="As for apply.")
@click.option(
    "--no-server",
    "alone",
    is_flag=True,
    help="Read in this process; do not start one that stays for the next time.",
)
def filter_command(**options: Any) -> None:
    """Print the buffer on stdin with the imports that it lacks, for any editor's save action.

    The buffer comes out as it is where nothing is to do, and on any error. Exit codes: 0 mended, or nothing to do; 1
    something is missing that is not mended in this buffer; 2 failure. What .nsfix.toml says counts.
    """
    from nsfix.filter.client import run

    run(
        {name: list(value) if isinstance(value, tuple) else value for name, value in options.items() if value}
    )


@cli.group()
def cache() -> None:
    """What is kept of earlier runs over kernel trees, below $XDG_CACHE_HOME or ~/.cache ($NSFIX_CACHE names another
    place)."""


@cache.command()
def clear() -> None:
    """Remove it all."""
    directory = cache_directory()
    removed = Cache(directory).clear() + Cache(directory / REPLIES).clear()
    _talk(f"{removed} entries removed from {directory}")


@cli.command()
@_common
def diff(words: tuple[str, ...], **options: Any) -> None:
    """Print what apply would change, as a patch that git apply and patch -p1 take."""
    _finish(_show_diff(_request(words, options), options))


@cli.command()
@_common
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write the result to FILE instead of stdout.")
@click.option("-v", "--verbose", is_flag=True, help="With text: show the uses behind each finding.")
def check(form: str, output: str | None, verbose: bool, words: tuple[str, ...], **options: Any) -> None:
    """Say what is missing, and why; change nothing."""
    request = _request(words, options)
    findings_alone = form == "text" and not verbose and tree_of(request) is not None
    answer = _answer(request, options, brief=findings_alone, told=True)
    base = base_of(request)
    report = _report(answer, base)
    if form == "json":
        from nsfix.views import json_view

        text = json_view.render(report)
    else:
        from nsfix.views import text as text_view

        text = text_view.render(report, verbose)
    if output is None:
        click.echo(text, nl=False)
    else:
        _write_report(output, text)
    _remark(answer, base)
    found = [f for f in answer.findings if f.level is not Level.NOTE]
    if not found:
        _talk(f"nothing to say: no import is missing{_reach(answer)}")
    _finish(FINDINGS if found else NOTHING)


def main(words: Sequence[str] | None = None) -> NoReturn:
    """Run the command line (`words`, or those of the process) and leave with its exit code.

    Every error that nsfix knows becomes one line on stderr and exit code 2.
    """
    sys.setrecursionlimit(_DEEPEST)
    gc.set_threshold(_RARELY, 50, 50)  # a run makes many small things and keeps most of them to its end
    try:
        # What a command left with; None where it just ended.
        sys.exit(cli.main(words, prog_name="nsfix", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(FAILURE)
    except click.Abort:
        _fail("interrupted")
    except PartlyWritten as error:
        base = os.getcwd()
        for path in error.written:
            _talk(f"written: {_shown(path, base)}")
        for path in error.unwritten:
            _talk(f"not written: {_shown(path, base)}")
        _fail(str(error))
    except NsfixError as error:
        _fail(_located(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILURE)
    finally:
        gc.freeze()  # else all that is left would be looked through several times on the way out


def _fail(message: str) -> NoReturn:
    _talk(message)
    sys.exit(FAILURE)


def _finish(code: int) -> NoReturn:
    raise click.exceptions.Exit(code)


def _talk(message: str) -> None:
    readable = message.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    click.echo(f"nsfix: {readable}", err=True)


def _located(error: NsfixError) -> str:
    file = shown_path(error.file, os.getcwd()) if error.file is not None else None
    return str(NsfixError(error.message, file, error.line))


def _shown(path: str, base: str) -> str:
    return shown_path(path, base).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _request(words: tuple[str, ...], options: dict[str, Any]) -> Request:
    variables, paths = make_words(words)
    if sum(bool(options[name]) for name in ("log", "nsdeps", "build")) > 1:
        raise UsageError("give one of --log, --nsdeps and --build: each is evidence of its own")
    evidence = next((name for name in ("log", "nsdeps", "build") if options[name]), None)
    if options["make"] and any(options[name] for name in ("log", "nsdeps", "build")):
        raise UsageError("leave out --make: with --log, --nsdeps or --build the evidence tells what is built")
    named, given = variables.pop("M", None), _given(variables, options)
    directory, settings = settled(named, given, settings_of(named or os.curdir))
    if evidence is not None:
        _refuse_several(evidence, given, settings)
    return replace(
        request_under(settings, directory),
        output=variables.pop("O", None),
        variables=variables,
        paths=tuple(paths),
        symvers=tuple(options["symvers"]),
        make=options["make"],
    )


def _given(variables: dict[str, str], options: dict[str, Any]) -> Settings:
    """What the command line says of that which may be set beforehand too; taken out of `variables`."""
    kdir = variables.pop("KDIR", None)
    return Settings(
        kdirs=tuple(options["kdir"]) or ((kdir,) if kdir is not None else ()),
        config=options["config"],
        arch=variables.pop("ARCH", None),
        guard=Guard(options["guard"]) if options["guard"] is not None else None,
        since=options["since"],
    )


def _refuse_several(evidence: str, given: Settings, settings: Settings) -> None:
    """Raise UsageError where evidence, which is about one kernel, is to be for several."""
    if given.kdirs[1:]:
        raise UsageError(f"--{evidence} is about one kernel: give one KDIR, and --since for upstream's")
    if settings.kdirs[1:]:
        raise UsageError(
            f"--{evidence} is about one kernel, and kdir names several here: say which with KDIR=DIR",
            settings.file,
        )


def _answer(request: Request, options: dict[str, Any], brief: bool, told: bool = False) -> Answer:
    if options["log"] or options["nsdeps"]:
        from nsfix.replay import check_log, check_nsdeps

        if options["log"]:
            return check_log(request, options["log"])
        return check_nsdeps(request, options["nsdeps"])
    if options["build"]:
        from nsfix.replay import check_build

        return check_build(request)
    if asks_for_several(request):
        return _answer_for_several(request, brief)
    tree = tree_of(request)
    if tree is not None:
        if request.make:
            raise UsageError("--make is for an external module; a kernel's own tree is read without it")
        with Progress("reading the tree") as progress:
            cache = None if options["no_cache"] else Cache(cache_directory())
            return check_tree(tree, request, brief=brief, progress=progress.update, cache=cache, told=told)
    if request.config:
        raise UsageError("--config is for a kernel's own tree; an external module has that of its KDIR")
    with Progress("reading sources") as progress:
        return check_sources(request, progress=progress.update, brief=brief)


def _answer_for_several(request: Request, brief: bool) -> Answer:
    from nsfix.several import check_several

    if tree_of(request) is not None:
        raise UsageError("--since is for external modules; this is a kernel's own tree, and so is one kernel")
    if request.config:
        raise UsageError("--config is for a kernel's own tree; an external module has that of its KDIR")
    with Progress("reading sources") as progress:
        return check_several(request, progress=progress.update, brief=brief)


def _confirm(request: Request, base: str) -> bool:
    """Build again after the edits; whether something is still missing."""
    from nsfix.replay import check_build

    answer = check_build(request)
    remaining = [f for f in answer.findings if f.level is not Level.NOTE]
    for finding in remaining:
        _talk(f"still missing after the edits: {finding.message}")
    if not remaining:
        _talk("built again: no import is missing")
    return bool(remaining)


def _show_diff(request: Request, options: dict[str, Any]) -> int:
    answer = _answer(request, options, brief=True)
    base = base_of(request)
    texts = sorted(answer.mending.texts.items())
    changes = [Change(shown_path(path, base), before, after) for path, (before, after) in texts]
    patch = unified_diff(changes)
    sys.stdout.flush()
    sys.stdout.buffer.write(coloured(patch) if _colours(sys.stdout) else patch)
    sys.stdout.buffer.flush()
    refused = _say(answer, base)
    if not patch and not refused:
        _talk(f"nothing to do: no import is missing{_reach(answer)}")
    return FINDINGS if patch or refused else NOTHING


def _colours(stream: Any) -> bool:
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _say(answer: Answer, base: str) -> bool:
    """Tell on stderr what was not mended and why; whether there was any such thing."""
    _remark(answer, base)
    for note in answer.mending.notes:
        _talk(note)
    for remedy in answer.mending.remedies:
        if remedy.file is not None:
            continue
        finding = remedy.finding
        rule = "" if finding.level is Level.NOTE else f"{finding.rule}: "
        _talk(f"{_shown(finding.file, base)}:{finding.line}: {rule}{finding.message}")
        if remedy.refusal is not None:
            _talk(f"    not mended: {remedy.refusal}")
    return answer.mending.refused


def _reach(answer: Answer) -> str:
    return ", as far as the sources could be read" if any(r.doubt for r in answer.remarks) else ""


def _remark(answer: Answer, base: str) -> None:
    for remark in answer.remarks:
        file = _shown(remark.file, base) if remark.file is not None else None
        _talk(str(NsfixError(remark.message, file, remark.line)))


def _report(answer: Answer, base: str) -> Report:
    outcomes = tuple(
        Outcome(r.finding, FileFix(r.file, r.edits) if r.file is not None else None, r.refusal)
        for r in answer.mending.remedies
    )
    return Report(
        release=answer.kernel.release if answer.kernel is not None else "",
        spelling=answer.spelling,
        config=answer.config,
        modules=answer.modules,
        outcomes=outcomes,
        show=lambda path: shown_path(path, base),
        kernels=tuple(
            KernelPart(
                on.target.label,
                on.kernel.release,
                on.kernel.spelling,
                on.kernel.config_file if on.facts is not None else "any",
                on.modules,
            )
            for on in answer.several
        ),
    )


def _write_report(output: str, text: str) -> None:
    try:
        with click.open_file(output, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"the report cannot be written: {error.strerror}", output) from error
