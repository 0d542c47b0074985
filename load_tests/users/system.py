"""What all systems of a chain have in common: when they begin, how they call, how they wait."""

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from random import Random
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

import gevent
from locust import FastHttpUser, task
from locust.env import Environment

from load_tests.record import Outcome, outcome
from load_tests.schedule import intended_starts
from load_tests.systems import CALLS, SIGN_IN
from load_tests.users.run import Run
from sandbox_server.kernel.randomness import stream

_TRIES = 5
_FIRST_WAIT_SECONDS = 0.25
_UNAUTHENTICATED = 401
_WORTH_ANOTHER_TRY = frozenset({0, 429, 500, 502, 503, 504})
_NOTHING_MORE = 3600.0
LATE, MAY_REFUSE = "late", "may_refuse"
Query = Mapping[str, str | int | None]

runs: dict[int, Run] = {}
"""The run of each of Locust's environments, by its identity."""


class Answer(NamedTuple):
    """
    What came of a call.

    Args:
        status: Its status; 0 where there was no answer.
        body: Its JSON; nothing where it had none.
        date: The marketplace's time, as it told.
    """

    status: int
    body: Any
    date: str

    @property
    def good(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300


class System(FastHttpUser):
    """A system of a chain. It begins a round whenever its schedule says, late where it is held up."""

    abstract = True
    kind: ClassVar[str]
    connection_timeout = 10.0
    network_timeout = 60.0

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.run_of = runs[id(environment)]
        self.number = self.run_of.number(self.kind)
        name = f"{self.kind}/{self.number}"
        plan = self.run_of.plan
        self._starts: Iterator[float] = intended_starts(
            self.run_of.curve, plan.seconds, plan.rounds_at_peak, plan.seed, name
        )
        self.chance: Random = stream(plan.seed, f"load/{name}/chance")
        self._intended: float | None = None
        self._late = 0.0
        self._calls = 0
        self.may_refuse = False
        """Whether what is asked for now may well be more than the marketplace allows."""

    def wait_time(self) -> float:
        """Return the seconds until the next round is to begin; 0 where that is over."""
        self._intended = next(self._starts, None)
        return _NOTHING_MORE if self._intended is None else max(0.0, self._intended - self.run_of.at())

    @task
    def next_round(self) -> None:
        """Begin a round, and know how late."""
        if self._intended is None:  # Locust begins before it waits for the first time
            return
        self._late = max(0.0, self.run_of.at() - self._intended)
        self._intended = None
        self.work()

    @abstractmethod
    def work(self) -> None:
        """Do what the system does in a round."""

    def on_stop(self) -> None:
        """Count the rounds that were to begin by now, and did not."""
        now = self.run_of.at()
        if self._intended is not None:
            self._note_unstarted(now, self._intended)
        for intended in self._starts:
            if intended >= now:
                break
            self._note_unstarted(now, intended)

    def read(self, operation: str, path: str, query: Query | None = None) -> Answer:
        """Return what a list or a thing is."""
        given = {name: value for name, value in (query or {}).items() if value is not None}
        return self.call(operation, "GET", f"{path}?{urlencode(given)}" if given else path)

    def post(self, operation: str, path: str, body: object) -> Answer:
        """Do something, with one key for all tries."""
        self._calls += 1
        key = f"{self.run_of.plan.name}-{self.kind}-{self.number}-{self._calls}"
        return self.call(operation, "POST", path, body, {"Idempotency-Key": key})

    def call(
        self, operation: str, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Call an operation as a polite client does: again where that may help, and not before it is told to."""
        answer, wait = self._try(operation, method, path, body, headers)
        for tried in range(1, _TRIES):
            if answer.status not in {*_WORTH_ANOTHER_TRY, _UNAUTHENTICATED}:
                break
            self._wait(answer, wait, tried)
            answer, wait = self._try(operation, method, path, body, headers)
        return answer

    def _try(
        self, operation: str, method: str, path: str, body: object, headers: Mapping[str, str] | None
    ) -> tuple[Answer, float]:
        own = self.run_of.tokens.headers(self._sign_in)
        if not own:
            return Answer(_UNAUTHENTICATED, {}, ""), 0.0
        content = None if body is None else json.dumps(body, separators=(",", ":"))
        kind = {} if content is None else {"Content-Type": "application/json"}
        answer, wait = self._send(operation, method, path, content, {**own, **kind, **(headers or {})})
        if answer.status == _UNAUTHENTICATED:
            self.run_of.tokens.drop(own)
        return answer, wait

    def _sign_in(self, form: dict[str, str]) -> str:
        content_type = {"Content-Type": "application/x-www-form-urlencoded"}
        answer, wait = self._send(SIGN_IN, "POST", "/oauth/token", urlencode(form), content_type)
        for tried in range(1, _TRIES):
            if answer.status not in _WORTH_ANOTHER_TRY:
                break
            self._wait(answer, wait, tried)
            answer, wait = self._send(SIGN_IN, "POST", "/oauth/token", urlencode(form), content_type)
        return str(answer.body["access_token"]) if answer.good else ""

    def _wait(self, answer: Answer, told: float, tried: int) -> None:
        """Wait as long as was told, and longer from try to try; a refused token is another's turn at once."""
        if answer.status in _WORTH_ANOTHER_TRY:
            gevent.sleep(max(told, _FIRST_WAIT_SECONDS * 2**tried * self.chance.uniform(0.5, 1)))

    def _send(
        self, operation: str, method: str, path: str, content: str | None, headers: dict[str, str]
    ) -> tuple[Answer, float]:
        """Send a request, and return the answer and the seconds that it asks to wait. Nothing may be raised in here."""
        url = f"{self.run_of.plan.url}{path}"
        response = self.client.request(
            method,
            url,
            name=operation,
            data=content,
            headers=headers,
            catch_response=True,
            context={LATE: self._late, MAY_REFUSE: self.may_refuse},
        )
        status = int(response.status_code or 0)
        with response:
            if outcome(status, may_refuse=self.may_refuse) is not Outcome.FAILED:
                response.success()  # type: ignore[no-untyped-call]
        told: Any = response.headers or {}
        return Answer(status, _decoded(response.content), told.get("date") or ""), _seconds(told.get("retry-after"))

    def _note_unstarted(self, now: float, intended: float) -> None:
        self.run_of.record.note_unstarted(CALLS[self.kind][0], now, now - intended)


def market_time(date: str) -> str:
    """Return the marketplace's time, as its answers tell it, in the form of its bodies."""
    return parsedate_to_datetime(date).strftime("%Y-%m-%dT%H:%M:%SZ")


def _decoded(content: bytes | str | None) -> Any:
    try:
        return json.loads(content or "{}")
    except ValueError:
        return {}


def _seconds(retry_after: str | None) -> float:
    try:
        return float(retry_after or 0)
    except ValueError:
        return 1.0
