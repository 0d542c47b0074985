"""A call that found no operation: the one that was probably meant, what differs, and how to mend it."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple

_TOO_FAR = 0.5  # of a difference for each word: what is further from everything was no slip
_METHOD = 0.4
_GAP = 0.7  # a word too many, or too few
_BASE = 0.3  # the base path's words are easily forgotten
_PLACE = 0.05  # a concrete word that fits is better than a place that takes any
_CASE = 0.1
_ALIKE = 0.6  # of 1.5
_MOST_WORDS = 16
_SHOWN = 200  # characters of a path that an explanation repeats
_READ = "See the operations in the contract."
_LONGEST_WORD = 64
_HIDDEN = re.compile(r"%(?:2f|5c|0|1|7f)", re.IGNORECASE)


class Offer(NamedTuple):
    """
    An operation of the contract.

    Args:
        path: With its base path, and places in braces: `/v1/orders/{orderId}`.
        base_path: `/v1`.
    """

    operation_id: str
    method: str
    path: str
    base_path: str


class Explanation(NamedTuple):
    """
    Why a call found no operation.

    Args:
        text: What is wrong.
        nearest: The operation that was probably meant; None when none is near.
        differences: What differs between the two.
        remedy: What to send instead.
    """

    text: str
    nearest: Offer | None
    differences: tuple[str, ...]
    remedy: str


class _Step(NamedTuple):
    """One word sent beside one expected; None where the other side has none."""

    sent: str | None
    expected: str | None


class _Way(NamedTuple):
    cost: float
    steps: tuple[_Step, ...]


def explain(method: str, path: str, offers: Sequence[Offer]) -> Explanation:
    """
    Return why a call found no operation.

    Args:
        path: As it was sent, without the query.
        offers: What there is, one operation or more.
    """
    words = path.removeprefix("/").split("/")[:_MOST_WORDS]
    if len(words) > 1 and not words[-1]:
        words.pop()
    ways = [(offer, _way(words, offer)) for offer in offers]
    near = [(offer, way) for offer, way in ways if _is_near(way, offer)]
    if not near:
        return Explanation(f"There is no path {_shown(path)}, and none like it.", None, (), _READ)
    offer, way = min(near, key=lambda pair: pair[1].cost + _METHOD * (pair[0].method != method))
    differences = tuple(_differences(method, path, offer, way))
    allowed = {one.method for one, other in ways if one.path == offer.path}
    return Explanation(_text(method, path, way, allowed), offer, differences, f"{offer.method} {_mended(way)}")


def _is_near(way: _Way, offer: Offer) -> bool:
    """Whether the way is short, and a word beside those of the base path is alike; places are like anything."""
    base = offer.base_path.split("/")
    alike = any(
        _distance(sent, expected) <= _ALIKE
        for sent, expected in way.steps
        if sent and expected and expected not in base and not _is_place(expected)
    )
    return alike and way.cost <= _TOO_FAR * len(way.steps)


def _shown(path: str) -> str:
    return path if len(path) <= _SHOWN else f"{path[:_SHOWN]}…"


def _text(method: str, path: str, way: _Way, allowed: set[str]) -> str:
    if way.cost < _CASE and not _is_slashed(path) and method not in allowed:
        return f"{_shown(path)} takes {', '.join(sorted(allowed))}, not {method}."
    if way.cost < _CASE and _HIDDEN.search(path):
        return "The path hides a separator or a control character."
    return f"There is no path {_shown(path)}."


def _differences(method: str, path: str, offer: Offer, way: _Way) -> Iterable[str]:
    missing = [step.expected for step in way.steps if step.sent is None]
    if missing and f"/{missing[0]}" == offer.base_path:
        yield f'"{offer.base_path}" is missing at the beginning'
        missing = missing[1:]
    for sent, expected in way.steps:
        if sent is not None and expected is None:
            yield f'"{sent}" is too much' if sent else "a slash is too much"
        elif sent is not None and expected is not None and not _fits(sent, expected):
            yield f'"{sent}" should be "{expected}"' + (" (case matters)" if sent.lower() == expected.lower() else "")
    yield from (f'"{word}" is missing' for word in missing)
    if _is_slashed(path):
        yield "a slash is too much at the end"
    if _HIDDEN.search(path):
        yield "a separator or a control character is percent-encoded"
    if method != offer.method:
        yield f"the method is {offer.method}, not {method}"


def _mended(way: _Way) -> str:
    """Return the path with the words that were sent where a place takes any."""
    words = (step.sent if step.sent and _is_place(step.expected) else step.expected for step in way.steps)
    return "/" + "/".join(word for word in words if word is not None)


def _way(words: Sequence[str], offer: Offer) -> _Way:
    """Return the cheapest way to turn the words sent into those of an operation's path."""
    expected = offer.path.strip("/").split("/")
    base = set(offer.base_path.strip("/").split("/"))
    row = [_Way(0.0, ())]
    for word in expected:
        row.append(_further(row[-1], _BASE if word in base else _GAP, None, word))
    for sent in words:
        above, row = row, [_further(row[0], _GAP, sent, None)]
        for place, word in enumerate(expected):
            ways = (
                _further(above[place], _distance(sent, word), sent, word),
                _further(above[place + 1], _GAP, sent, None),
                _further(row[-1], _BASE if word in base else _GAP, None, word),
            )
            row.append(min(ways, key=lambda way: way.cost))
    return row[-1]


def _further(way: _Way, cost: float, sent: str | None, expected: str | None) -> _Way:
    return _Way(way.cost + cost, (*way.steps, _Step(sent, expected)))


@lru_cache(maxsize=4096)
def _distance(sent: str, expected: str) -> float:
    """Return from 0, the same, to 1.5, nothing in common: then a word too many and one too few are likelier."""
    if _is_place(expected):
        return _PLACE if sent else _GAP
    if sent == expected:
        return 0.0
    if sent.lower() == expected.lower():
        return _CASE
    return 1.5 * (1 - SequenceMatcher(None, sent.lower()[:_LONGEST_WORD], expected.lower()).ratio())


def _fits(sent: str, expected: str) -> bool:
    return sent == expected or (bool(sent) and _is_place(expected))


def _is_place(word: str | None) -> bool:
    return word is not None and word.startswith("{")


def _is_slashed(path: str) -> bool:
    return len(path) > 1 and path.endswith("/")
