"""What workers over one database know of each other, step by step."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import httpx
import psycopg
import pytest

from sandbox_server.persistence.postgres.entries import Entry, Kind
from sandbox_server.persistence.postgres.statements import LOCKS, key_of
from sandbox_server.services.journal import Journal
from tests.control.among import SHOP, Among
from tests.control.carrying import carried, seen_by
from tests.control.lasting import Lasting
from tests.control.stage import CONTROL, KEY, TENANT, Stage
from tests.postgresql import PostgreSQL, postgresql


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def pair(server: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Among, Among]]:
    url, cache = server.new_database(), tmp_path_factory.mktemp("cache")
    with ExitStack() as stack:
        one, other = Among(url, cache), Among(url, cache)
        stack.callback(one.close)
        stack.callback(other.close)
        yield one, other


def test_who_reads_the_journal_waits_until_the_others_have_told_of_their_calls(pair: tuple[Among, Among]) -> None:
    one, other = pair
    one.call("GET", "/v1/stores", key=KEY, x_request_id="seen-by-the-other")
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(other.look, f"{TENANT}/journal", None)
        while not one.worker._vault.asking._asked and not reading.done():
            one.worker.catch_up()
        assert not reading.done()
        one.worker.look_after()
        calls = reading.result()["items"]
    assert "seen-by-the-other" in [call["requestId"] for call in calls]


def test_an_operators_key_has_one_effect_whichever_worker_it_comes_to(pair: tuple[Among, Among]) -> None:
    for path, asked in (
        (f"{CONTROL}/tenants", {}),
        (f"{TENANT}/buyers/orders", {"count": 1}),
        (f"{TENANT}/clock/advance", {"by": "PT1M"}),
    ):
        first, again = (stage.call("POST", path, asked, idempotency_key=path) for stage in pair)
        assert first.status in {200, 201}
        assert (again.status, again.body) == (first.status, first.body)
        assert again.headers["idempotent-replayed"] == "true"


def in_the_way(url: str, tenant: str, waiting: int, stands: Event) -> None:
    """Have the log's head, and want a tenant's turn as soon as a worker has that and wants the head."""
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as looker:
        holder.execute("SET deadlock_timeout = '1min'")
        holder.execute("UPDATE sandbox.head SET number = number")
        stands.set()
        while looker.execute(_WAITS, (waiting,)).fetchone() is None:
            pass
        holder.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCKS, key_of(tenant)))


_WAITS = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"


def test_a_call_that_was_in_a_deadlock_is_made_anew(pair: tuple[Among, Among]) -> None:
    one, other = pair
    with one.worker._vault._database.use() as connection:
        pid = connection.info.backend_pid
        connection.execute("SET deadlock_timeout = '200ms'")
    with ThreadPoolExecutor(1) as threads:
        stands = Event()
        holding = threads.submit(in_the_way, one.settings.database or "", "default", pid, stands)
        assert stands.wait(60)
        renamed = one.call("PATCH", "/v1/stores/S0001", {"name": "After All"}, KEY)
        holding.result()
    assert renamed.status == 200
    assert other.look("/v1/stores/S0001")["name"] == "After All"


def test_a_key_whose_call_is_under_way_at_one_worker_is_to_be_repeated_at_the_other(pair: tuple[Among, Among]) -> None:
    one, other = pair
    with one.worker._vault.answers.claim("busy"):
        got = other.play("/buyers/orders", {"count": 1}, idempotency_key="busy")
        assert (got.status, got.json["code"]) == (409, "IDEMPOTENCY_IN_PROGRESS")
    assert other.play("/buyers/orders", {"count": 1}, idempotency_key="busy").status == 201


def test_who_is_at_work_on_a_tenant_that_another_removes_stops_nobody(pair: tuple[Among, Among]) -> None:
    one, other = pair
    one.call("POST", "/_sandbox/v1/tenants", {"name": "removed"})
    record = one.worker._tenants.get("removed")
    one.call("GET", "/v1/stores", key=record.logins[0].api_key)
    other.call("DELETE", "/_sandbox/v1/tenants/removed")
    record.tenant.power(Journal).write_down()
    with one.worker._replica.turn("removed"):
        one.worker._replica.append(Entry("removed", Kind.CHANGES, b""))
    other.worker.catch_up()
    assert [*one.worker._vault.calls("removed")] == []


def test_snapshots_move_worlds_between_workers_and_any_other_sandbox(pair: tuple[Among, Among], tmp_path: Path) -> None:
    one, other = pair
    cache = one.settings.cache_dir
    assert cache is not None
    lasting = Lasting(tmp_path / "kept", cache, fixture=SHOP)
    for stage in (lasting, Stage(tmp_path, cache_dir=cache, fixture=SHOP)):
        carried(one, stage)
        seen, key = carried(stage, one)
        assert seen_by(other, key) == seen
    lasting.stop()


STORE = "/v1/stores/S0001"
RENAMINGS = 8


def asked_at_once(stage: Among, *calls: tuple[str, object], meanwhile: Callable[[], None]) -> Sequence[httpx.Response]:
    """Make calls that are all ready at once; do something when they are through and nothing of them is told."""

    def then(settle: Callable[[], None]) -> None:
        meanwhile()
        settle()

    async def ask() -> Sequence[httpx.Response]:
        loop = asyncio.get_running_loop()
        stage.worker._replica.settle_by(lambda settle: loop.call_soon(then, settle))
        transport = httpx.ASGITransport(stage.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers={"x-api-key": KEY}
        ) as client:
            waiting = (client.request(method, STORE, json=body) for method, body in calls)
            return await asyncio.gather(*waiting)

    try:
        return asyncio.run(ask())
    finally:
        stage.worker._replica._soon = None


def renamings(name: str) -> Sequence[tuple[str, object]]:
    return [("PATCH", {"name": f"{name} {number}"}) for number in range(RENAMINGS)]


def test_calls_that_are_ready_at_once_cost_one_commit_and_are_answered_after_it(pair: tuple[Among, Among]) -> None:
    one, other = pair
    one.worker.look_after()
    before, seen = one.worker._replica.appended, list[str]()

    def look() -> None:
        other.worker.catch_up()
        with other.worker._tenants.get("default").tenant.read() as tx:
            seen.extend(store.name for store in tx.stores.select())

    answers = asked_at_once(one, *renamings("At Once"), ("GET", None), meanwhile=look)
    assert [answer.status_code for answer in answers] == [200] * (RENAMINGS + 1)
    assert one.worker._replica.appended == before + 1
    assert seen
    assert not any("At Once" in name for name in seen)
    assert answers[-1].json()["name"] == other.look(STORE)["name"] == f"At Once {RENAMINGS - 1}"


def test_when_the_commit_of_many_fails_all_are_told_so_and_none_is_done(pair: tuple[Among, Among]) -> None:
    one, other = pair
    kept = other.look(STORE)["name"]

    def lose() -> None:
        with one.worker._vault._database.lend() as connection:
            connection.execute("ROLLBACK")

    answers = asked_at_once(one, *renamings("Never"), ("GET", None), meanwhile=lose)
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "UNAVAILABLE")}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
    assert one.look(STORE)["name"] == other.look(STORE)["name"] == kept
