"""Walks modules with the rooms that read artefacts, Kbuild files and C, and brings their facts together."""

from nsfix.scan.anyreadings import AnyReadings
from nsfix.scan.readings import layouts_of, readings_of
from nsfix.scan.scanner import ModuleFacts, ScanFacts, Scanner
from nsfix.scan.treewide import TreeScanner
from nsfix.scan.units import ReadFile, read_file
from nsfix.scan.witness import AnyScanner

__all__ = [
    "AnyReadings",
    "AnyScanner",
    "ModuleFacts",
    "ReadFile",
    "ScanFacts",
    "Scanner",
    "TreeScanner",
    "layouts_of",
    "read_file",
    "readings_of",
]
