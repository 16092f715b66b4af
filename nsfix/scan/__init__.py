"""Walks modules with the rooms that read artefacts, Kbuild files and C, and brings their facts together."""

from nsfix.csource.look import Look
from nsfix.csource.retouch import Outline
from nsfix.scan.cache import Cache, cache_directory
from nsfix.scan.exported_at import find_exports
from nsfix.scan.looking import Looker
from nsfix.scan.readings import layouts_of, readings_of
from nsfix.scan.rusty import RustReader, crate_roots, imports_of
from nsfix.scan.scanner import ModuleFacts, ScanFacts, Scanner, SourceFacts, own_exports
from nsfix.scan.shifting import shifted, shifted_remarks
from nsfix.scan.treewide import TreeScanner
from nsfix.scan.units import ReadFile, read_file

__all__ = [
    "Cache",
    "Look",
    "Looker",
    "ModuleFacts",
    "Outline",
    "ReadFile",
    "RustReader",
    "ScanFacts",
    "Scanner",
    "SourceFacts",
    "TreeScanner",
    "cache_directory",
    "crate_roots",
    "find_exports",
    "imports_of",
    "layouts_of",
    "own_exports",
    "read_file",
    "readings_of",
    "shifted",
    "shifted_remarks",
]
