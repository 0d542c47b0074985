"""A scenario waits for its client: as long as something may come of it, and no longer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import inf
from threading import Event
from typing import Any, cast

import pytest

from sandbox_server.certification.client import AttachedClient
from sandbox_server.certification.stage import Interrupted, Stage
from sandbox_server.remote import Sandbox

AN_HOUR = 3600.0
OWN = {"clientId": "chain", "clientSecret": "s", "apiKey": "k"}
READER = {"clientId": "acorn-reader", "clientSecret": "s", "apiKey": "r"}
TENANT = {"name": "a-day", "credentials": [OWN, READER]}
LOOKS = 3
"""More than a wait takes that comes to its end."""


class Journal:
    """A sandbox that has a journal, and nothing else; it is read page by page."""

    url = "http://127.0.0.1:9"

    def __init__(self, *callers: str | None) -> None:
        self._pages = [[{"clientId": caller} if caller else {}] for caller in callers] or [[]]

    def call(self, method: str, path: str, body: object, query: Mapping[str, Any]) -> Mapping[str, Any]:
        assert (method, path) == ("GET", "/tenants/a-day/journal")
        number = int(query["cursor"] or 0)
        more = {"nextCursor": str(number + 1)} if number + 1 < len(self._pages) else {}
        return {"items": self._pages[number], **more}


def stage(journal: Journal, heard: Event | None = None, stop: Event | None = None, seconds: float = AN_HOUR) -> Stage:
    sandbox = cast("Sandbox", journal)
    return Stage(sandbox, TENANT, AttachedClient(), seconds, stop=stop, heard=heard, patience_seconds=0.0)


class NeverSo:
    """What never happens; whoever goes on looking gets to hear of it."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> bool:
        self.looks += 1
        return self.looks == LOOKS


def test_nothing_is_waited_for_once_a_client_had_the_time_to_call_and_did_not() -> None:
    heard = Event()
    playing = stage(Journal("acorn-reader", "acorn-reader"), heard)
    playing.start_client()

    assert not playing.until("an order", NeverSo())
    assert not heard.is_set()


@pytest.mark.parametrize("caller", ["chain", None])
def test_a_client_that_has_called_is_waited_for_whoever_it_says_it_is(caller: str | None) -> None:
    heard = Event()
    playing = stage(Journal("acorn-reader", caller), heard)
    playing.start_client()

    assert playing.until("an order", NeverSo())
    assert heard.is_set()


def test_a_client_that_was_not_started_yet_has_nothing_to_say() -> None:
    assert stage(Journal()).until("an order", NeverSo())


def test_the_time_of_a_scenario_comes_to_its_end() -> None:
    assert not stage(Journal(), seconds=0.0).until("an order", NeverSo())


def test_a_run_that_is_to_end_waits_for_nothing_more() -> None:
    stop = Event()
    stop.set()
    with pytest.raises(Interrupted):
        stage(Journal(), stop=stop).until("an order", NeverSo())


class Evening:
    """A sandbox whose clock goes on by a minute each time somebody looks at it, with the calls of one client."""

    url = Journal.url

    def __init__(self, **calls: Mapping[str, object]) -> None:
        self._calls = {f"2026-11-27T20:{minute[1:]}:00Z": call for minute, call in calls.items()}
        self.minute = 0

    def call(self, _method: str, path: str, _body: object, query: Mapping[str, Any] | None) -> Mapping[str, Any]:
        if path.endswith("/clock"):
            self.minute += 1
            return {"now": f"2026-11-27T20:{self.minute:02}:00Z"}
        after = datetime.fromisoformat((query or {})["receivedAfter"])
        seen = f"2026-11-27T20:{self.minute:02}:00Z"
        return {
            "items": [
                {"clientId": "chain", **call}
                for at, call in self._calls.items()
                if after < datetime.fromisoformat(at) and at <= seen
            ]
        }


def in_the(evening: Evening, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Return where a scenario plays in it, a virtual minute for each second."""
    monkeypatch.setattr("sandbox_server.certification.stage.LOOK_SECONDS", 0)
    tenant = {**TENANT, "clock": {"scale": 60.0}}
    return Stage(cast("Sandbox", evening), tenant, AttachedClient(), AN_HOUR, patience_seconds=inf)


WRITES = {"method": "POST", "operationId": "acknowledgeOrder"}


@pytest.mark.parametrize(
    ("calls", "rests_at"),
    [
        ({}, 6),
        ({"m04": WRITES}, 9),
        ({"m04": WRITES, "m08": WRITES}, 13),
        ({"m04": {"method": "GET", "operationId": "listOrders"}}, 6),
        ({"m04": {"method": "POST", "operationId": "createToken"}}, 6),
        ({"m04": {**WRITES, "clientId": "somebody-else"}}, 6),
    ],
)
def test_a_client_rests_when_it_has_asked_for_no_change_for_long_enough(
    monkeypatch: pytest.MonkeyPatch, calls: dict[str, Mapping[str, object]], rests_at: int
) -> None:
    evening = Evening(**calls)
    assert in_the(evening, monkeypatch).until_the_client_rests(timedelta(minutes=5), within=timedelta(hours=1))
    assert evening.minute in {rests_at, rests_at + 1}, "no sooner, and at the next look"


POLLS = {"method": "GET", "operationId": "listOrders", "status": 200, "path": "/v1/orders?limit=100"}


@pytest.mark.parametrize(
    ("calls", "over_at"),
    [
        ({}, 6),
        ({"m05": WRITES}, 7),
        ({"m05": WRITES, "m06": WRITES}, 8),
        ({f"m{minute:02}": WRITES for minute in range(1, 40)}, 21),
    ],
    ids=["at rest", "at work", "at work for longer", "at work for ever"],
)
def test_a_client_that_is_at_work_when_the_time_is_over_is_waited_for_a_while(
    monkeypatch: pytest.MonkeyPatch, calls: dict[str, Mapping[str, object]], over_at: int
) -> None:
    evening = Evening(**{f"m{minute:02}": POLLS for minute in range(1, 40)} | calls)
    assert not in_the(evening, monkeypatch).until("an order", lambda: False, within=timedelta(minutes=5))
    assert evening.minute == over_at


def test_a_client_that_has_read_a_page_reads_on_when_it_has_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    further = {**POLLS, "path": "/v1/orders?limit=100&cursor=c"}
    evening = Evening(m01=further, m02=POLLS, m04=further)
    assert in_the(evening, monkeypatch).until_the_client_reads_on("listOrders", within=timedelta(minutes=30))
    assert evening.minute == 4, "not that of the list before"
