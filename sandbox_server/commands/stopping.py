"""How long work ends before its time: with what it has come to, and with an exit status of its own."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import click

INTERRUPTED = 130
"""The exit status of what Ctrl-C ended, as shells have it."""
_ENDING = (signal.SIGINT, signal.SIGTERM)


class Stopped(click.ClickException):
    """Somebody pressed Ctrl-C, and nothing has come of it."""

    exit_code = INTERRUPTED


@contextmanager
def ended_politely() -> Iterator[None]:
    """
    Have a SIGTERM do what Ctrl-C does: the first one interrupts the block, the second one ends this process at once.

    Raises:
        Stopped: The block made nothing of its interruption.
    """
    before = _hear(_interrupt)
    try:
        yield
    except KeyboardInterrupt as error:
        raise Stopped("Stopped before there was anything to report on.") from error
    finally:
        _restore(before)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let the block, which is short, come to its end; a second Ctrl-C or SIGTERM ends this process at once."""
    before = _hear(_let_be)
    try:
        yield
    finally:
        _restore(before)


def _hear(handler: Any) -> dict[signal.Signals, Any]:
    """Set what comes of the next signal, unless there was one already; return what there was."""
    before = {number: signal.getsignal(number) for number in _ENDING}
    if _end_at_once not in before.values():
        _restore(dict.fromkeys(_ENDING, handler))
    return before


def _restore(handlers: dict[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _hear(_end_at_once)
    raise KeyboardInterrupt


def _let_be(_number: int, _frame: FrameType | None) -> None:
    _hear(_end_at_once)


def _end_at_once(number: int, _frame: FrameType | None) -> None:
    from rich.console import Console  # noqa: PLC0415 - what draws takes longer to load than a help text

    Console(stderr=True).show_cursor()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
