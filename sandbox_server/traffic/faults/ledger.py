"""A tenant's fault rules: in order, with what each has done."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

import msgspec

from sandbox_server.traffic.faults.rules import Chosen, Facts, Rule, fires, fits, is_over

BY_HEADER = "header"
"""What stands for a rule's id where a call has asked for its fault itself."""


class Standing(NamedTuple):
    """
    A rule, and what it has done.

    Args:
        position: Its place among the rules, from 1.
        matched: How many calls it matched.
        played: How often it played.
    """

    rule: Rule
    position: int
    matched: int
    played: int


class _Line:
    """A rule with its counters."""

    __slots__ = ("made_ms", "matched", "played", "rule")

    def __init__(self, rule: Rule, made_ms: float, matched: int = 0, played: int = 0) -> None:
        self.rule = rule
        self.made_ms = made_ms
        self.matched = matched
        self.played = played


class _KeptLine(msgspec.Struct, frozen=True, array_like=True):
    rule: Rule
    age_ms: float
    matched: int
    played: int


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    lines: tuple[_KeptLine, ...] = ()
    left_unused: tuple[str, ...] = ()
    asked: int = 0


class FaultRules:
    """
    The rules of one tenant, asked in order: the first that matches a call and fires, plays.

    Every rule counts the calls that it matches, whoever plays in them, so that no rule moves another's draws.

    Args:
        seed: The tenant's.
        now_ms: Tells real time in milliseconds, from any origin.
    """

    kept_as: ClassVar[str] = "faults"

    def __init__(self, seed: int, now_ms: Callable[[], float]) -> None:
        self._seed = seed
        self._now_ms = now_ms
        self._lines: list[_Line] = []
        self._left_unused: list[str] = []
        self._asked = 0

    def __bool__(self) -> bool:
        return bool(self._lines)

    def __iter__(self) -> Iterator[Standing]:
        self._take_away()
        for position, line in enumerate(self._lines, 1):
            yield Standing(line.rule, position, line.matched, line.played)

    def __contains__(self, rule_id: str) -> bool:
        return any(standing.rule.id == rule_id for standing in self)

    def get(self, rule_id: str) -> Standing:
        """
        Return a rule, and what it has done.

        Raises:
            KeyError: There is none of this id.
        """
        for standing in self:
            if standing.rule.id == rule_id:
                return standing
        raise KeyError(rule_id)

    def add(self, rule: Rule) -> None:
        """
        Ask a rule after the others.

        Raises:
            ValueError: Its id is taken.
        """
        if rule.id in self:
            raise ValueError(rule.id)
        self._lines.append(_Line(rule, self._now_ms()))

    def replace(self, rule: Rule) -> None:
        """
        Put a rule in the place of the one with its id; it begins anew.

        Raises:
            KeyError: There is none of its id.
        """
        self._lines[self._index(rule.id)] = _Line(rule, self._now_ms())

    def change(self, rule: Rule) -> None:
        """
        Go on with a rule as it is now, its place, age and counters kept.

        Raises:
            KeyError: There is none of its id.
        """
        self._lines[self._index(rule.id)].rule = rule

    def remove(self, rule_id: str) -> None:
        """
        Take a rule away.

        Raises:
            KeyError: There is none of this id.
        """
        del self._lines[self._index(rule_id)]

    def become(self, rules: Iterable[Rule]) -> None:
        """Have these rules alone, in this order, all of them new."""
        now = self._now_ms()
        self._lines = [_Line(rule, now) for rule in rules]
        self._left_unused = []

    @property
    def unused(self) -> tuple[str, ...]:
        """The ids of the rules that never played, those included whose time is over."""
        standing = [standing.rule.id for standing in self if not standing.played]
        return tuple(dict.fromkeys([*self._left_unused, *standing]))

    def asks_for_stores(self, operation: str) -> bool:
        """Whether a rule wants to know which stores a call of this operation is about."""
        return any(
            line.rule.match.store is not None and line.rule.match.operation in {None, operation} for line in self._lines
        )

    def choose(self, call: Facts, suits: Callable[[Rule], bool] = lambda _: True) -> Chosen | None:
        """
        Return the rule that plays in a call, if one does.

        Args:
            suits: Whether a rule's effect has anything to play on in this call; where not, it does not match.
        """
        for line in self._matching(call, suits):
            age = self._now_ms() - line.made_ms
            if fires(line.rule, line.matched, line.played, age, self._seed):
                line.played += 1
                return Chosen(line.rule, line.matched, self._seed)
        return None

    def count(self, call: Facts, suits: Callable[[Rule], bool] = lambda _: True) -> None:
        """Count a call in which no rule may play."""
        self._matching(call, suits)

    def grant(self, effect: Mapping[str, Any]) -> Chosen:
        """Return what plays in a call that asks for its fault itself."""
        self._asked += 1
        return Chosen(Rule(id=BY_HEADER, effect=dict(effect)), self._asked, self._seed)

    def keep(self) -> bytes:
        """Return the rules with their counters and ages."""
        now = self._now_ms()
        lines = (_KeptLine(line.rule, now - line.made_ms, line.matched, line.played) for line in self._lines)
        return msgspec.msgpack.encode(_Kept(tuple(lines), tuple(self._left_unused), self._asked))

    def go_back_to(self, kept: bytes) -> None:
        """Have the rules that were kept, as old as they were then; none where nothing was kept."""
        now = self._now_ms()
        past = msgspec.msgpack.decode(kept, type=_Kept) if kept else _Kept()
        self._lines = [_Line(line.rule, now - line.age_ms, line.matched, line.played) for line in past.lines]
        self._left_unused = list(past.left_unused)
        self._asked = past.asked

    def _matching(self, call: Facts, suits: Callable[[Rule], bool]) -> list[_Line]:
        """Return what matches a call, and has counted it."""
        matching = [
            line for line in self._take_away() if line.rule.enabled and fits(line.rule.match, call) and suits(line.rule)
        ]
        for line in matching:
            line.matched += 1
        return matching

    def _index(self, rule_id: str) -> int:
        return self.get(rule_id).position - 1

    def _take_away(self) -> list[_Line]:
        """Take rules away whose time is over, and return the others."""
        if any(line.rule.ttl_ms is not None for line in self._lines):
            now = self._now_ms()
            over = [line for line in self._lines if is_over(line.rule, now - line.made_ms)]
            self._left_unused += [line.rule.id for line in over if not line.played]
            self._lines = [line for line in self._lines if line not in over]
        return self._lines
