"""Telling how long work stands: a line that changes on a terminal, now and then a line of its own elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status

from sandbox_server.commands.screen import printable
from sandbox_server.kernel.clock import monotonic_ns

_BETWEEN_LINES_NS = 10_000_000_000


class Watch:
    """Tells on standard error, so that what is printed can be piped."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._status: Status | None = self._console.status("") if self._console.is_terminal else None
        self._next = 0

    def __enter__(self) -> Self:
        """Begin."""
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing on the terminal."""
        if self._status is not None:
            self._status.stop()

    def say(self, words: str) -> None:
        """Print what is done next."""
        self._console.print(printable(words), markup=False, soft_wrap=True)

    def show(self, words: str) -> None:
        """Show how it stands."""
        if self._status is not None:
            self._status.update(printable(words))
        elif monotonic_ns() >= self._next:
            self._next = monotonic_ns() + _BETWEEN_LINES_NS
            self.say(words)
