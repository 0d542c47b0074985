"""What operators were answered under their idempotency keys."""

from collections import OrderedDict
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import msgspec

MOST = 10_000
"""How many keys are remembered; the oldest leave."""


class KeptAnswer(msgspec.Struct, frozen=True, array_like=True):
    """
    An answer.

    Args:
        fingerprint: What the call under this key asked for.
        body: JSON; empty where there was none.
    """

    fingerprint: str
    status: int
    headers: dict[str, str]
    body: bytes


class Answers(Protocol):
    """The answers of a server, which outlive it where its tenants do."""

    def claim(self, key: str) -> AbstractContextManager[bool]:
        """Have no other process answer under a key in the block; give whether none does already."""
        ...

    def recall(self, key: str) -> KeptAnswer | None:
        """Return what was answered; None when nothing was, or it was long ago."""
        ...

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """
        Keep what is answered; within a turn, with what is kept in it or not at all.

        Raises:
            Unavailable: It cannot be kept.
        """
        ...


class AnswersInMemory:
    """
    Answers that end with the process.

    Args:
        most: How many are kept.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._answers: OrderedDict[str, KeptAnswer] = OrderedDict()

    def claim(self, _key: str) -> AbstractContextManager[bool]:
        """Have it: there is no other process."""
        return nullcontext(True)

    def recall(self, key: str) -> KeptAnswer | None:
        """Return what was answered; None when nothing was, or it was long ago."""
        return self._answers.get(key)

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Keep what is answered."""
        self._answers[key] = answer
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)


pack = msgspec.msgpack.Encoder().encode
unpack = msgspec.msgpack.Decoder(KeptAnswer).decode
