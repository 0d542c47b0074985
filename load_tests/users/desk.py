"""What waits to be worked on in a process, each thing once."""

from collections import deque
from collections.abc import Iterable
from typing import Any
from zlib import crc32


class Desk:
    """
    Things that wait: those of all processes' that are this one's.

    Args:
        part: Which process this is, of `parts`.
    """

    def __init__(self, part: int, parts: int) -> None:
        self._part, self._parts = part, parts
        self._known: set[str] = set()
        self._waiting: deque[dict[str, Any]] = deque()
        self.cursor: str | None = None
        """Where the reading of the list stands."""

    def __len__(self) -> int:
        return len(self._waiting)

    def offer(self, name: str, things: Iterable[dict[str, Any]]) -> None:
        """Take in what is new; `name` is the member that has a thing's id."""
        self._waiting.extend(thing for thing in things if self.claim(thing[name]))

    def claim(self, identity: str) -> bool:
        """Tell whether a thing is this process's and was never claimed before: who hears yes may work on it."""
        if identity in self._known or not self._is_own(identity):
            return False
        self._known.add(identity)
        return True

    def take(self) -> dict[str, Any] | None:
        """Return the next thing, and let go of it; None where nothing waits."""
        return self._waiting.popleft() if self._waiting else None

    def forget(self, identity: str) -> None:
        """Let a thing come again when it is listed again."""
        self._known.discard(identity)

    def _is_own(self, identity: str) -> bool:
        return crc32(identity.encode()) % self._parts == self._part
