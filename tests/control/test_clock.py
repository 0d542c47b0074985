"""Virtual time: told, set and moved forward, with everything that hangs on it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.control.stage import CONTROL, KEY, TENANT, Stage, faults_in

CLOCK, ADVANCE = f"{TENANT}/clock", f"{TENANT}/clock/advance"


def now(stage: Stage) -> datetime:
    return datetime.fromisoformat(stage.look(CLOCK, None)["now"])


def set_to(stage: Stage, **asked: Any) -> Any:
    got = stage.call("PUT", CLOCK, asked)
    assert got.status == 200, got.json
    return got.json


@pytest.fixture
def pass_real_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return what lets seconds of real time pass."""
    passed = [1000.0]
    fake = SimpleNamespace(monotonic=lambda: passed[0], monotonic_ns=lambda: int(passed[0] * 1e9))
    monkeypatch.setattr("sandbox_server.kernel.clock.time", fake)

    def let_pass(seconds: float) -> None:
        passed[0] += seconds

    return let_pass


def test_a_clock_that_stands_tells_the_same_time_and_what_is_due_next(stage: Stage) -> None:
    first = stage.look(CLOCK, None)
    assert (first["mode"], first["scale"]) == ("FROZEN", 0)
    assert first["nextDue"]["due"] > first["now"]
    assert stage.look(CLOCK, None) == first


@pytest.mark.parametrize(("asked", "pace"), [({"mode": "REAL"}, 1), ({"mode": "SCALED", "scale": 60}, 60)])
def test_a_clock_that_runs_passes_at_its_pace(
    stage: Stage, asked: Any, pace: int, pass_real_time: Callable[[float], None]
) -> None:
    start = now(stage)
    assert set_to(stage, **asked)["scale"] == pace
    pass_real_time(2.5)
    assert now(stage) == start + timedelta(seconds=2.5 * pace)
    assert set_to(stage, mode="FROZEN")["scale"] == 0
    pass_real_time(100)
    assert now(stage) == start + timedelta(seconds=2.5 * pace)


def test_a_scale_can_be_changed_and_stays_where_it_is_not(
    stage: Stage, pass_real_time: Callable[[float], None]
) -> None:
    set_to(stage, mode="SCALED", scale=60)
    assert set_to(stage, scale=2)["scale"] == 2
    assert set_to(stage, mode="SCALED")["scale"] == 2
    start = now(stage)
    pass_real_time(1)
    assert now(stage) == start + timedelta(seconds=2)


def test_a_clock_is_set_ahead_and_what_was_due_is_done(stage: Stage) -> None:
    (order,) = stage.done("/buyers/orders", {"lines": [{"sku": "SKU-00001", "quantity": 1}]})["items"]
    told = set_to(stage, now="2026-12-24T12:00:00+01:00")
    assert told["now"] == "2026-12-24T11:00:00.000Z"
    assert told["nextDue"]["due"] > told["now"]
    assert stage.order(order["orderId"])["status"] != order["status"]


@pytest.mark.parametrize(
    ("asked", "status", "at"),
    [
        ({}, 400, ""),
        ({"mode": "frozen"}, 400, "/mode"),
        ({"mode": "SCALED"}, 400, "/scale"),
        ({"mode": "REAL", "scale": 2}, 400, "/scale"),
        ({"scale": 2}, 400, "/scale"),
        ({"mode": "SCALED", "scale": 0}, 400, "/scale"),
        ({"mode": "SCALED", "scale": 1e9}, 400, "/scale"),
        ({"mode": "SCALED", "scale": -1}, 400, "/scale"),
        ({"now": "tomorrow"}, 400, "/now"),
        ({"now": "2026-12-24T12:00:00"}, 400, "/now"),
        ({"now": "2026-02-30T12:00:00Z"}, 400, "/now"),
        ({"nwo": "2026-12-24T12:00:00Z"}, 400, "/nwo"),
        ({"now": "9999-12-31T23:59:59.999Z"}, 422, ""),
        ({"mode": "REAL", "now": "2126-12-24T12:00:00Z"}, 422, ""),
    ],
)
def test_a_setting_that_cannot_be_changes_nothing(stage: Stage, asked: Any, status: int, at: str) -> None:
    before = stage.state()
    got = stage.call("PUT", CLOCK, asked)
    assert (got.status, {place for place, _ in faults_in(got)}) == (status, {at})
    assert stage.state() == before


@pytest.mark.parametrize("mode", ["FROZEN", "REAL", "SCALED"])
def test_time_does_not_go_back_and_the_answer_says_why(
    stage: Stage, mode: str, pass_real_time: Callable[[float], None]
) -> None:
    set_to(stage, mode=mode, **({"scale": 1000} if mode == "SCALED" else {}))
    before = stage.state()
    for method, path, asked in (
        ("PUT", CLOCK, {"now": "2026-11-26T15:00:00Z", "mode": "FROZEN"}),
        ("POST", ADVANCE, {"to": "2026-11-26T10:00:00-05:00"}),
    ):
        got = stage.call(method, path, asked)
        assert (got.status, got.json["code"]) == (409, "CLOCK_CANNOT_GO_BACK")
        assert got.json["detail"] == (
            "The clock of default stands at 2026-11-27T15:00:00.000Z; set back to 2026-11-26T15:00:00.000Z, what has "
            "happened would lie in the future. Restore a snapshot, or reset the tenant, to go back."
        )
    assert stage.state() == before


def test_a_clock_that_runs_can_be_moved_by_nothing(stage: Stage) -> None:
    set_to(stage, mode="SCALED", scale=1000)
    for _ in range(20):
        assert stage.wait("PT0S")["done"] == 0


def test_an_advance_does_what_is_due_in_due_order_and_tells_all_of_it(stage: Stage) -> None:
    stage.done("/buyers/orders", {"count": 20})
    start = now(stage)
    told = stage.wait("P3D")
    assert datetime.fromisoformat(told["from"]) == start
    assert datetime.fromisoformat(told["to"]) == start + timedelta(days=3) == now(stage)
    dues = [event["due"] for event in told["ran"]]
    assert dues == sorted(dues)
    assert told["from"] <= dues[0]
    assert dues[-1] <= told["to"]
    kinds = {entry["kind"]: entry["done"] for entry in told["byKind"]}
    assert list(kinds) == sorted(kinds)
    assert kinds == {kind: [event["kind"] for event in told["ran"]].count(kind) for kind in kinds}
    assert told["done"] == len(told["ran"]) > 20


def test_everything_is_done_at_its_own_instant(stage: Stage) -> None:
    (order,) = stage.done("/buyers/orders", {"lines": [{"sku": "SKU-00001", "quantity": 1}]})["items"]
    ran = stage.wait("P3D")["ran"]
    dues = {event["due"] for event in ran if event["subject"] == order["orderId"]}
    steps = [step["at"] for step in stage.order(order["orderId"])["history"][1:]]
    assert steps
    assert set(steps) <= dues


def test_two_halves_make_the_same_world_as_the_whole(stage: Stage) -> None:
    stage.done("/buyers/orders", {"count": 10})
    kept = stage.call("POST", f"{TENANT}/snapshots").json["snapshotId"]
    stage.done(f"/snapshots/{kept}/restore")
    whole = stage.wait("P2D")["ran"]
    state = stage.state()[0]
    stage.done(f"/snapshots/{kept}/restore")
    assert stage.wait("PT30H")["ran"] + stage.wait("PT18H")["ran"] == whole
    assert stage.state()[0] == state


def test_no_time_at_all_can_pass(stage: Stage) -> None:
    before = stage.state()
    told = stage.wait("PT0S")
    assert (told["from"], told["done"], told["byKind"], told["ran"]) == (told["to"], 0, [], [])
    assert stage.done("/clock/advance", {"to": told["to"]})["done"] == 0
    assert stage.state() == before


def test_an_instant_that_something_is_due_at_is_reached_with_it_done(stage: Stage) -> None:
    due = stage.look(CLOCK, None)["nextDue"]
    assert stage.done("/clock/advance", {"to": due["due"]})["ran"][0] == due
    assert stage.look(CLOCK, None)["nextDue"]["due"] >= due["due"]


@pytest.mark.parametrize("most", [0, 3])
def test_an_answer_lists_as_much_as_was_asked_for_and_counts_the_rest(stage: Stage, most: int) -> None:
    stage.done("/buyers/orders", {"count": 10})
    told = stage.done("/clock/advance", {"by": "P2D", "listAtMost": most})
    assert len(told["ran"]) == most < told["done"] == sum(entry["done"] for entry in told["byKind"])


@pytest.mark.parametrize(
    "by",
    [
        *("", "P", "PT", "P1DT", "P1Y", "P1M", "-PT1H", "PT-1H", "PT1H30", "PT1.5H", "PT0.0001S", "1 hour", "pt1h"),
        *("PT1H\n", "P" + "9" * 50 + "D", "PT\u0661H", 900, None, ["PT1H"], True),
    ],
)
def test_a_length_that_is_none_changes_nothing(stage: Stage, by: Any) -> None:
    before = stage.state()
    got = stage.call("POST", ADVANCE, {"by": by})
    assert (got.status, {place for place, _ in faults_in(got)}) == (400, {"/by"})
    assert stage.state() == before


@pytest.mark.parametrize("by", ["P3654D", "P99999W", "P999999D", "PT9999999H"])
def test_more_than_ten_years_are_too_many_at_once(stage: Stage, by: str) -> None:
    before = stage.state()
    got = stage.call("POST", ADVANCE, {"by": by})
    assert (got.status, faults_in(got)) == (422, [("", "TOO_FAR")])
    assert stage.state() == before


@pytest.mark.parametrize("asked", [{"by": "PT1H", "to": "2026-12-24T12:00:00Z"}, {"listAtMost": 1}])
def test_exactly_one_of_a_length_and_an_instant_is_needed(stage: Stage, asked: Any) -> None:
    got = stage.call("POST", ADVANCE, asked)
    assert (got.status, faults_in(got)) == (400, [("", "ONE_OF")])


@pytest.mark.parametrize("asked", [{"mode": "REAL"}, {"mode": "SCALED", "scale": 1000}])
def test_a_clock_that_runs_is_advanced_and_runs_on(
    stage: Stage, asked: Any, pass_real_time: Callable[[float], None]
) -> None:
    set_to(stage, **asked)
    pass_real_time(1)
    start = now(stage)
    told = stage.wait("P2D")
    assert datetime.fromisoformat(told["from"]) == start
    assert now(stage) == start + timedelta(days=2)
    pass_real_time(1)
    assert now(stage) == start + timedelta(days=2, seconds=asked.get("scale", 1))
    assert stage.look(CLOCK, None)["mode"] == asked["mode"]


def test_the_same_key_lets_time_pass_once(stage: Stage) -> None:
    first, again = (stage.call("POST", ADVANCE, {"by": "PT1H"}, Idempotency_Key="hour-1") for _ in range(2))
    assert (first.json, again.headers["idempotent-replayed"]) == (again.json, "true")
    assert now(stage) == datetime.fromisoformat(first.json["to"])
    other = stage.call("POST", ADVANCE, {"by": "PT2H"}, Idempotency_Key="hour-1")
    assert (other.status, other.json["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_looking_does_nothing(stage: Stage) -> None:
    before = stage.state()
    stage.look(CLOCK, None)
    assert stage.state() == before


# what hangs on the clock


def test_a_token_expires_by_virtual_time(stage: Stage) -> None:
    login = {"grant_type": "client_credentials", "client_id": "acorn-sandbox", "client_secret": "acorn-secret"}
    granted = stage.call("POST", "/v1/oauth/token", login).json
    bearer = f"Bearer {granted['access_token']}"
    stage.wait(f"PT{granted['expires_in'] - 1}S")
    assert stage.call("GET", "/v1/orders", Authorization=bearer).status == 200
    stage.wait("PT1S")
    assert stage.call("GET", "/v1/orders", Authorization=bearer).json["code"] == "TOKEN_EXPIRED"


def test_an_idempotency_key_is_new_again_after_a_day(stage: Stage) -> None:
    patch = {"reason": "OTHER"}
    orders = stage.done("/buyers/orders", {"lines": [{"sku": "SKU-00001", "quantity": 1}]})["items"]
    path = f"/v1/orders/{orders[0]['orderId']}/cancellations"
    assert stage.call("POST", path, patch, KEY, Idempotency_Key="daily").status == 200
    stage.wait("PT23H")
    assert stage.call("POST", path, patch, KEY, Idempotency_Key="daily").headers["idempotent-replayed"] == "true"
    stage.wait("PT1H")
    orders = stage.done("/buyers/orders", {"lines": [{"sku": "SKU-00001", "quantity": 1}]})["items"]
    path = f"/v1/orders/{orders[0]['orderId']}/cancellations"
    again = stage.call("POST", path, patch, KEY, Idempotency_Key="daily")
    assert (again.status, again.headers.get("idempotent-replayed")) == (200, None)


def test_a_cursor_outlives_an_advance(stage: Stage) -> None:
    page = stage.look("/v1/orders?limit=5")
    stage.done("/buyers/orders", {"count": 2})
    stage.wait("P1D")
    rest = stage.look(f"/v1/orders?limit=100&cursor={page['nextCursor']}")
    seen = [order["orderId"] for order in page["items"] + rest["items"]]
    assert len(seen) == len(set(seen))


def test_the_date_of_an_answer_is_virtual(stage: Stage) -> None:
    stage.wait("P30D")
    assert stage.call("GET", "/v1/orders", key=KEY).headers["date"] == "Sun, 27 Dec 2026 15:00:00 GMT"


# at once


async def _at_once(stage: Stage, *calls: tuple[str, str, Any]) -> list[tuple[int, Any]]:
    """Send calls together; which came back, in the order of their coming, and what each was answered."""
    back: list[tuple[int, Any]] = []
    transport = httpx.ASGITransport(stage.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:

        async def send(number: int, method: str, path: str, body: Any) -> None:
            answer = await client.request(method, path, json=body, headers={"x-api-key": KEY})
            back.append((number, answer.json()))

        await asyncio.gather(*(send(number, *call) for number, call in enumerate(calls)))
    return back


def busy(stage: Stage) -> str:
    """Make a tenant with some things due; its path. Who waits, waits in one event loop for a tenant's whole life."""
    path = f"{CONTROL}/tenants/{stage.made()['name']}"
    stage.call("POST", f"{path}/buyers/orders", {"count": 200})
    return path


def test_a_second_advance_waits_for_the_first(stage: Stage) -> None:
    path = f"{busy(stage)}/clock/advance"
    calls = [("POST", path, {"by": "P5D"}), ("POST", path, {"by": "PT1H"})]
    (first, long), (second, short) = asyncio.run(_at_once(stage, *calls))
    assert (first, second) == (0, 1)
    assert short["from"] == long["to"]
    assert long["done"] == len(long["ran"])


def test_others_are_answered_while_time_passes_and_find_a_world_that_agrees_with_itself(stage: Stage) -> None:
    stage.done("/buyers/orders", {"count": 300})
    looks: list[tuple[str, str, Any]] = [("GET", CLOCK, None), ("GET", "/v1/orders?limit=1", None)]
    audit: tuple[str, str, Any] = ("GET", f"{TENANT}/audit", None)
    back = asyncio.run(_at_once(stage, ("POST", ADVANCE, {"by": "P5D"}), *looks, audit, *looks))
    answers, numbers = dict(back), [number for number, _ in back]
    assert {1, 2, 4, 5} <= set(numbers[: numbers.index(0)])
    assert answers[0]["from"] <= answers[1]["now"] < answers[0]["to"]
    assert answers[3]["holds"]


def test_a_reset_waits_for_an_advance(stage: Stage) -> None:
    path = busy(stage)
    calls = [("POST", f"{path}/clock/advance", {"by": "P5D"}), ("POST", f"{path}/reset", None)]
    back = asyncio.run(_at_once(stage, *calls))
    assert [number for number, _ in back] == [0, 1]
    assert stage.look(f"{path}/clock", None)["now"] == back[1][1]["clock"]["now"] == back[0][1]["from"]


def test_a_snapshot_in_the_middle_of_an_advance_is_of_one_instant(stage: Stage) -> None:
    stage.done("/buyers/orders", {"count": 300})
    calls = [("POST", ADVANCE, {"by": "P5D"}), ("POST", f"{TENANT}/snapshots", None)]
    answers = dict(asyncio.run(_at_once(stage, *calls)))
    kept = answers[1]
    assert answers[0]["from"] < kept["at"] < answers[0]["to"]
    stage.done(f"/snapshots/{kept['snapshotId']}/restore")
    rest = stage.done("/clock/advance", {"to": answers[0]["to"], "listAtMost": 100_000})
    assert rest["ran"] == answers[0]["ran"][-rest["done"] :]


def test_a_tenant_that_is_deleted_while_its_time_passes_is_gone(stage: Stage) -> None:
    path = busy(stage)

    async def leave() -> list[int]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(stage.app), base_url="http://localhost") as client:
            advance = client.post(f"{path}/clock/advance", json={"by": "P5D"})
            answers = await asyncio.gather(advance, client.delete(path))
            return [answer.status_code for answer in answers]

    assert asyncio.run(leave()) == [200, 204]
    assert stage.call("GET", path).status == 404
