"""Transactions that others were in the way of are made anew, within bounds."""

from collections.abc import Callable
from typing import TypeVar

from sandbox_server.domain.errors import Interrupted

T = TypeVar("T")
_TIMES = 2


def until_done(work: Callable[[], T]) -> T:
    """
    Make a transaction, up to three times.

    Args:
        work: Nothing of it has been done where it raises `Interrupted`.

    Raises:
        Interrupted: Others are still in the way.
    """
    for _ in range(_TIMES):
        try:
            return work()
        except Interrupted:
            continue
    return work()
