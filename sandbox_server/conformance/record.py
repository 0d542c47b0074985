"""What a run has seen and found."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count

from schemathesis import Response

from sandbox_server.conformance.document import Operation
from sandbox_server.kernel import clock
from sandbox_server.reporting.exchanges import Exchange, without_secrets
from sandbox_server.reporting.findings import Finding

_MOST_ALIKE = 25
"""More findings of one kind are not kept: they tell no more."""


@dataclass(slots=True)
class Record:
    """
    Every call of a run, what came of it, and what was wrong.

    Args:
        seen: How often each operation answered with each status.
        fit: How many calls of each operation were meant to be as the contract wants them.
        lacking: What could not be looked at, and why.
        keywords: How often a bound or a form that a schema has was tried, by what was tried of it.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    seen: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    fit: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    lacking: dict[str, str] = field(default_factory=dict)
    keywords: Counter[str] = field(default_factory=Counter)
    _kinds: Counter[tuple[str, ...]] = field(default_factory=Counter)
    _numbers: Iterator[int] = field(default_factory=lambda: count(int(clock.real_now().timestamp() * 1000)))

    def unique(self) -> int:
        """Return a number that no other call of this run or of another has been given."""
        return next(self._numbers)

    def keep(self, operation: Operation | None, exchange: Exchange, *, fit: bool) -> Exchange:
        """
        Keep a call under the next number, and return it.

        Args:
            fit: Whether it was meant to be as the contract wants it.
        """
        kept = replace(exchange, number=len(self.exchanges) + 1)
        self.exchanges.append(kept)
        if operation is not None:
            self.seen[operation.operation_id][str(exchange.status)] += 1
            self.fit[operation.operation_id] += fit
        return kept

    def complain(self, findings: Iterable[Finding]) -> None:
        """Keep what was found, without secrets."""
        for finding in findings:
            self._kinds[finding.kind] += 1
            if self._kinds[finding.kind] <= _MOST_ALIKE:
                self.findings.append(replace(finding, exchanges=tuple(map(without_secrets, finding.exchanges))))


def exchange_of(response: Response) -> Exchange:
    """Return a call as reports keep it, with its secrets."""
    request = response.request
    body = request.body or b""
    return Exchange(
        number=0,
        method=request.method or "",
        url=request.url or "",
        request_headers=tuple((name, _text(value)) for name, value in request.headers.items()),
        request_body=body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else b"",
        status=response.status_code,
        response_headers=tuple((name, value) for name, values in response.headers.items() for value in values),
        response_body=response.content,
        http_version=response.http_version,
        took_ms=response.elapsed * 1000,
    )


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")
