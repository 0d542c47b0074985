"""What a judgement found, and what it looked at: the one form that every report is made of."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox_server.reporting.curl import curl_line
from sandbox_server.reporting.exchanges import Exchange

_INDEX = re.compile(r"/\d+(?=/|$)")


class Side(StrEnum):
    """Whose fault a finding is."""

    REQUEST = "request"
    RESPONSE = "response"
    RUN = "run"  # of the judgement itself: something was never exercised


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    Something that is not as it must be.

    Args:
        check: What was looked at, by a short name: `schema.type`, `status`, `problem-json`.
        message: What is wrong, in one sentence.
        operation: Its id in the contract; empty where none was found.
        where: The place: a JSON pointer into the body, `header X-Request-Id`, `query limit`; empty for the whole.
        expected: What should be there, shortened.
        seen: What was there, shortened.
        exchanges: The calls that show it, in their order; without secrets.
        number: Of the call that shows it; None where no single one does.
    """

    check: str
    message: str
    operation: str = ""
    side: Side = Side.RESPONSE
    where: str = ""
    expected: str = ""
    seen: str = ""
    exchanges: tuple[Exchange, ...] = ()
    number: int | None = None

    @property
    def kind(self) -> tuple[str, ...]:
        """What findings of one cause have in common: items of an array are alike."""
        return self.operation, self.side, self.check, _INDEX.sub("/*", self.where), self.expected

    @property
    def curl(self) -> tuple[str, ...]:
        """The commands that make its calls again."""
        return tuple(map(curl_line, self.exchanges))


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one kind, in the order in which they were found."""

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The one that stands for all."""
        return self.findings[0]

    @property
    def place(self) -> str:
        """Where they are; `*` stands for the numbers of items where there are several."""
        first = self.first.where
        return first if len({one.where for one in self.findings}) == 1 else _INDEX.sub("/*", first)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The calls that show them."""
        return tuple(dict.fromkeys(one.number for one in self.findings if one.number is not None))


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """Return the findings by their kind, the most frequent kinds first."""
    kinds: dict[tuple[str, ...], list[Finding]] = {}
    for finding in findings:
        kinds.setdefault(finding.kind, []).append(finding)
    return [Group(tuple(found)) for found in sorted(kinds.values(), key=len, reverse=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """
    What was exercised of one operation.

    Args:
        calls: How many went to it.
        valid: How many of them were as the contract wants them; None where that was not told.
        seen: How often each status was answered.
        documented: The statuses that the contract has.
        excused: Documented statuses that cannot be provoked, and why.
    """

    operation: str
    calls: int = 0
    valid: int | None = None
    seen: Mapping[str, int] = field(default_factory=dict)
    documented: tuple[str, ...] = ()
    excused: Mapping[str, str] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        """Whether it was reached with a 2xx at least once."""
        return any(status.startswith("2") for status in self.seen)

    @property
    def missing(self) -> tuple[str, ...]:
        """The documented statuses that were neither seen nor excused; `4XX` is seen with the first of its kind."""
        seen = {*self.seen, *map(_range, self.seen)}
        return tuple(one for one in self.documented if one not in seen and one not in self.excused)

    def documents(self, status: str) -> bool:
        """Whether the contract has a status, by itself or by a range or default that includes it."""
        return bool({status, _range(status), "default"} & set(self.documented))


def _range(status: str) -> str:
    return f"{status[0]}XX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    What a judgement says.

    Args:
        title: What was done: `Contract suite: full`.
        subject: What was judged: an address or the name of a file.
        calls: How many were judged.
        facts: What else a reader should know, in the order in which it is shown: contract, seed, suite.
        coverage: By operation, in the contract's order.
        keywords: How often each keyword of a schema was held against a value (or, in suites, tried).
    """

    title: str
    subject: str
    calls: int
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    coverage: tuple[Coverage, ...] = ()
    keywords: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def groups(self) -> list[Group]:
        """The findings by their kind."""
        return grouped(self.findings)
