"""Work that is shared between processes comes out as if one had done it all."""

from __future__ import annotations

import os
import time

import pytest

from nsfix.errors import InputError
from nsfix.scan.parallel import share_out


@pytest.mark.parametrize("workers", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 20])
def test_results_come_in_order(count: int, workers: int) -> None:
    assert share_out(range(count), lambda n: n * n, workers) == [n * n for n in range(count)]


def slowly(number: int) -> int:
    """Work that leaves the other process time to take some, too."""
    time.sleep(0.05)
    return os.getpid()


def test_two_processes_do_it() -> None:
    assert len(set(share_out(range(8), slowly, 2))) == 2


def test_more_items_than_the_queue_holds_come_in_order() -> None:
    assert share_out(range(5000), lambda n: n + 1, 3) == list(range(1, 5001))


@pytest.mark.parametrize("faulty", [0, 1])
def test_an_error_of_any_process_is_raised_with_its_place(faulty: int) -> None:
    def work(number: int) -> int:
        if number == faulty:
            raise InputError("is odd", "t.c", 3)
        return slowly(number)

    with pytest.raises(InputError) as caught:
        share_out(range(6), work, 2)
    assert str(caught.value) == "t.c:3: is odd"


def test_a_child_that_dies_is_an_error() -> None:
    parent = os.getpid()

    def work(number: int) -> int:
        if os.getpid() != parent:
            os._exit(3)
        return slowly(number)

    with pytest.raises(InputError, match="killed"):
        share_out(range(4), work, 2)


def test_a_fault_in_a_child_is_shown() -> None:
    parent = os.getpid()

    def work(number: int) -> int:
        if os.getpid() != parent:
            raise ZeroDivisionError("by nothing")
        return slowly(number)

    with pytest.raises(InputError, match="by nothing"):
        share_out(range(4), work, 2)
