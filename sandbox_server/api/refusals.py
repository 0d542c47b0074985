"""
Refusals of the edge: the client broke HTTP or the contract, or called too often; no rule of the marketplace was asked.

Refusal
├── NoSuchPath
├── MethodNotAllowed
├── NotAcceptable
├── BodyTooLarge
├── UnsupportedMediaType
├── InvalidRequest
└── RateLimited

Only the contract's dialect knows status codes. `ClientGone` is no refusal: there is nobody left to answer.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

Where = Literal["pointer", "parameter", "header"]
MOST_VIOLATIONS = 20  # a problem does not grow with all that is wrong in a request
_SHOWN = 100  # characters of what a client sent that an error repeats


class Violation(NamedTuple):
    """
    One place where a request breaks the contract.

    Args:
        where: What `at` is: a JSON pointer into the body, the name of a path or query parameter, or of a header.
        at: The place.
        code: A word in capitals that programs can tell apart.
        message: What is wrong and what would be right; never what was sent, which may be a secret.
    """

    where: Where
    at: str
    code: str
    message: str


class Refusal(Exception):
    """The request is answered with a problem; nothing was changed."""

    def __init__(self, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers: Mapping[str, str] = headers or {}


class NoSuchPath(Refusal):
    """No contract has this path."""

    def __init__(self, path: str) -> None:
        super().__init__(f"There is nothing at {shown(path)}.")


class MethodNotAllowed(Refusal):
    """The path is known, and not with this method; the answer's `Allow` names all of its methods."""

    def __init__(self, method: str, path: str, allowed: Iterable[str]) -> None:
        allow = ", ".join(sorted(allowed))
        super().__init__(f"{shown(path)} takes {allow}, not {shown(method)}.", {"Allow": allow})


class NotAcceptable(Refusal):
    """The operation has no answer in a media type that the client accepts."""

    def __init__(self, offered: str, available: Iterable[str]) -> None:
        super().__init__(f"The answer comes as {_either(available)}; Accept is {shown(offered)}.")


class BodyTooLarge(Refusal):
    """The body is longer than the edge reads."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"A body may have {limit} bytes at the most.")


class UnsupportedMediaType(Refusal):
    """The body is in a media type, character set or coding that the operation does not take."""

    def __init__(self, offered: str, accepted: Iterable[str]) -> None:
        accepted = tuple(accepted)
        sent = f"not {shown(offered)}" if offered else "and Content-Type must say so"
        super().__init__(f"The body must be {_either(accepted)}, {sent}.", {"Accept": ", ".join(accepted)})


class InvalidRequest(Refusal):
    """The request breaks the contract in one place or more."""

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = tuple(violations)
        first = self.violations[0]
        super().__init__(f"{first.at}: {first.message}" if first.at else first.message)


class RateLimited(Refusal):
    """The caller has called the operation too often."""


class ClientGone(Exception):
    """The client hung up before its request was complete."""


def invalid(where: Where, at: str, code: str, message: str) -> InvalidRequest:
    """Return the refusal for a single violation."""
    return InvalidRequest([Violation(where, shown(at), code, message)])


def shown(text: str) -> str:
    """Return a client's text as an error may repeat it: cut, and without control characters."""
    cut = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return cut if cut.isprintable() else cut.encode("unicode_escape").decode("ascii")


def _either(words: Iterable[str]) -> str:
    return " or ".join(words) or "nothing"
