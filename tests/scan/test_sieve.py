"""What the first look at a tree takes for a word worth looking for."""

from __future__ import annotations

from nsfix.scan.sieve import export_macros


def test_only_macros_that_are_given_a_symbol_export_one() -> None:
    header = b"""
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H
#define THIS_MODULE (&__this_module)
#define ___EXPORT_SYMBOL(sym, sec, ns) asm(ns)
#define EXPORT_SYMBOL(sym) ___EXPORT_SYMBOL(sym, "", "")
#define EXPORT_SYMBOL_NS(sym, ns) ___EXPORT_SYMBOL(sym, "", #ns)
#endif
"""
    assert export_macros(header) == {b"___EXPORT_SYMBOL", b"EXPORT_SYMBOL", b"EXPORT_SYMBOL_NS"}
