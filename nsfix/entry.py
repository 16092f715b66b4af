"""Where the command `nsfix` begins: what has to answer in no time starts before all else is loaded."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line of this process. A language server loads what speaks the protocol while another process
    loads what reads; a filter loads nothing, but for words that only the parser of all commands understands."""
    if sys.argv[1:] == ["lsp"]:
        from nsfix.live.starting import start_worker

        spare = start_worker()
        from nsfix.lsp.server import serve

        serve(spare)
    if sys.argv[1:2] == ["filter"]:
        from nsfix.filter.client import parse, run

        asked = parse(sys.argv[2:])
        if asked is not None:
            run(asked)
    from nsfix.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
