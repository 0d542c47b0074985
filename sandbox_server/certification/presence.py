"""Whether a client is there: by its calls in the journal, and for want of those by what its program does."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from math import inf
from threading import Event
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox_server.certification.evidence import Wire, rounds
from sandbox_server.kernel.clock import monotonic_ns

LONGEST_START = 4
"""A program that is at work is waited for so many times as long as one that is not."""
LEAST_WORK_SECONDS, AT_REST_SECONDS = 0.1, 5.0
"""What a program that is starting uses of a processor in such a time, however slow the machine."""
_TOKENS = {"createToken", "revokeToken"}
_SECOND_NS = 1_000_000_000
_OK = 200


class Presence:
    """
    What is known of a client's being there.

    Args:
        journal: Gives calls, narrowed by a query.
        client_id: The client that is judged.
        worked_seconds: How long its program has used a processor; None where nobody knows.
        heard: Is set when the client calls for the first time.
        patience_seconds: Real time in which a client that was started is to call; four times that while it is at work.
    """

    def __init__(
        self,
        journal: Callable[[Mapping[str, Any]], Iterator[Wire]],
        client_id: str,
        worked_seconds: Callable[[], float | None],
        heard: Event,
        patience_seconds: float,
    ) -> None:
        self._journal = journal
        self._client_id = client_id
        self._worked_seconds = worked_seconds
        self._heard = heard
        self._patience = patience_seconds
        self._started: int | None = None
        self._has_called_once = False
        self._worked = 0.0
        self._last_at_work = 0.0
        self.is_starting = False
        """Whether it is waited for beyond its time, since it is at work."""

    def begin(self) -> None:
        """Note that the client was started, if it is for the first time."""
        self._started = self._started or monotonic_ns()

    def has_called(self, operation: str | None = None, since: str | None = None) -> bool:
        """Whether the client has called an operation, or any, and got a result."""
        return any(True for _ in self._answered({"operation": operation, "receivedAfter": since}))

    def has_read_on(self, operation: str, since: str) -> bool:
        """Whether the client has asked for a further page of a list since a moment of virtual time, and got it."""
        calls = self._answered({"operation": operation, "receivedAfter": since})
        return any("cursor" in _query(one) for one in calls)

    def has_written(self, since: datetime) -> bool:
        """Whether the client has asked for a change since a moment of virtual time."""
        calls = self._journal({"receivedAfter": since.isoformat()})
        return any(
            one.get("clientId") == self._client_id and one["method"] != "GET" and one.get("operationId") not in _TOKENS
            for one in calls
        )

    def rounds(self, since: datetime) -> int:
        """Return how often the client went round since a moment of virtual time."""
        calls = self._answered({"receivedAfter": since.isoformat()})
        return rounds((one.get("operationId"), _query(one)) for one in calls)

    def is_silent(self) -> bool:
        """Whether the client has not called once, though it had the time for it."""
        if self._has_called_once or self._started is None or self._patience == inf:
            return False
        own = {self._client_id, None}
        self._has_called_once = any(call.get("clientId") in own for call in self._journal({}))
        if self._has_called_once:
            self._heard.set()
            return False
        waited = (monotonic_ns() - self._started) / _SECOND_NS
        worked = self._worked_seconds() or 0.0
        if worked >= self._worked + LEAST_WORK_SECONDS:
            self._worked, self._last_at_work = worked, waited
        if waited <= self._patience:
            return False
        is_at_work = self._worked > 0 and waited < self._last_at_work + AT_REST_SECONDS
        self.is_starting = is_at_work and waited <= self._patience * LONGEST_START
        return not self.is_starting

    def _answered(self, query: Mapping[str, Any]) -> Iterator[Wire]:
        given = {name: value for name, value in query.items() if value is not None}
        return (
            one for one in self._journal(given) if one.get("clientId") == self._client_id and one.get("status") == _OK
        )


def _query(call: Wire) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(call["path"]).query))
