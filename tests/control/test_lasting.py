"""What the operator has made is there again after a stop, and after a kill."""

import gc
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox_server.domain.errors import Unavailable
from sandbox_server.kernel import clock
from sandbox_server.persistence.log import KeptTenant, VaultError
from sandbox_server.services import segments
from sandbox_server.services.archive import Retention
from sandbox_server.services.journal import Journal
from sandbox_server.services.search import Filters
from sandbox_server.settings import ClockMode
from sandbox_server.traffic.throttle import Profile
from tests.control.carrying import carried, seen_by
from tests.control.lasting import Lasting
from tests.control.stage import CONTROL, KEY, TENANT, Stage

Start = Callable[..., Lasting]
RULE = {"id": "outage", "match": {"operation": "listProducts"}, "maxCount": 3, "effect": {"error": {"status": 503}}}
PAUSED = {"status": "PAUSED"}


@pytest.fixture(scope="module")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def start(tmp_path: Path, cache_dir: Path) -> Iterator[Start]:
    """Starts sandboxes on a folder, one after the other."""
    started: list[Lasting] = []

    def begin(folder: Path = tmp_path / "kept", **settings: Any) -> Lasting:
        started.append(Lasting(folder, cache_dir, **settings))
        return started[-1]

    yield begin
    for one in started:
        one.archives.close() if one.archives._thread.is_alive() else None
        one.vault._connection.close()
    gc.unfreeze()


def everything(stage: Lasting) -> dict[str, Any]:
    """Return what the operator and a client of the default tenant can see, but for the health of the server."""
    paths = [f"{CONTROL}/tenants", f"{TENANT}/snapshots", f"{TENANT}/faults", f"{TENANT}/throttles", f"{TENANT}/clock"]
    seen = {path: stage.look(path, key=None) for path in paths}
    tenants = [tenant["name"] for tenant in seen[f"{CONTROL}/tenants"]["items"]]
    for name in tenants:
        seen[name] = stage.look(f"{CONTROL}/tenants/{name}", key=None)
        key = seen[name]["credentials"][0]["apiKey"]
        lists = ("orders", "inventory", "events", "stores")
        seen[f"{name} world"] = [stage.look(f"/v1/{path}?limit=20", key=key) for path in lists]
    return seen


def play(stage: Lasting) -> None:
    """Change something of every kind."""
    assert stage.call("PATCH", "/v1/stores/S0001", PAUSED, KEY).status == 200
    stage.done("/snapshots", {"label": "before"})
    stage.wait("PT90M")
    stage.call("PUT", f"{TENANT}/arrivals", {"profile": "steady", "perMinute": 1, "duration": "PT1H"})
    stage.wait("PT10M")
    stage.made(name="mine", seed=9)
    snapshot = stage.look(f"{TENANT}/snapshots", key=None)["items"][0]["snapshotId"]
    assert stage.play(f"/snapshots/{snapshot}/fork", {"name": "twin"}).status == 201
    stage.made(name="gone")
    assert stage.call("DELETE", f"{CONTROL}/tenants/gone").status == 204
    assert stage.call("PUT", f"{TENANT}/throttles", {"profile": "peak"}).status == 200
    assert stage.call("POST", f"{TENANT}/faults", RULE).status == 201
    assert stage.call("GET", "/v1/products", key=KEY).status == 503


def audits(stage: Lasting) -> list[Any]:
    names = [tenant["name"] for tenant in stage.look(f"{CONTROL}/tenants", key=None)["items"]]
    found = [stage.look(f"{CONTROL}/tenants/{name}/audit", key=None) for name in names]
    return [one for audit in found for one in audit["invariants"] if one["state"] == "BROKEN"]


def test_everything_is_there_again_after_a_stop(start: Start) -> None:
    stage = start()
    play(stage)
    before = everything(stage)
    calls = stage.look(f"{TENANT}/journal?limit=100", key=None)
    stage.stop()
    again = start()
    assert again.look(f"{TENANT}/journal?limit=100", key=None) == calls
    assert everything(again) == before
    assert audits(again) == []
    assert again.made()["name"] not in {"mine", "twin", "gone"}
    again.done("/reset")
    assert again.look("/v1/stores/S0001")["status"] != "PAUSED"
    again.call("DELETE", f"{CONTROL}/tenants/mine")


def test_a_kill_loses_nothing_that_was_answered_and_the_audit_holds(start: Start, tmp_path: Path) -> None:
    stage = start()
    play(stage)
    stage.tick()
    stage.tick()
    assert stage.call("PATCH", "/v1/stores/S0002", PAUSED, KEY).status == 200  # its call is lost, its effect is not
    again = start(stage.kill(tmp_path / "killed"))
    assert again.look("/v1/stores/S0002")["status"] == "PAUSED"
    paths = ("tenants", "tenants/default/snapshots", "tenants/default/clock")
    assert [again.look(f"{CONTROL}/{path}", key=None) for path in paths] == [
        stage.look(f"{CONTROL}/{path}", key=None) for path in paths
    ]
    (rule,) = again.look(f"{TENANT}/faults", key=None)["items"]
    assert rule["played"] == 1
    assert audits(again) == []
    again.stop()
    assert audits(start(again.folder)) == [], "what got lost once stays excused"


def test_a_reset_that_was_answered_stays_one(start: Start, tmp_path: Path) -> None:
    stage = start()
    play(stage)
    twin = f"{CONTROL}/tenants/twin"
    stage.done("/reset")
    stage.call("POST", f"{twin}/reset")
    before = everything(stage)
    stage.tick()
    again = start(stage.kill(tmp_path / "killed"))
    assert everything(again) == before
    assert audits(again) == []
    snapshot = again.look(f"{TENANT}/snapshots", key=None)["items"][0]["snapshotId"]
    assert again.play(f"/snapshots/{snapshot}/restore").status == 200
    assert again.look("/v1/stores/S0001")["status"] == "PAUSED"
    assert again.call("DELETE", f"{TENANT}/snapshots/{snapshot}").status == 204
    again.tick()
    third = start(again.kill(tmp_path / "killed again"))
    assert third.look(f"{TENANT}/snapshots", key=None)["items"] == []
    assert third.look("/v1/stores/S0001")["status"] == "PAUSED"
    assert audits(third) == []


def test_an_operators_key_has_one_effect_across_a_kill(start: Start, tmp_path: Path) -> None:
    stage = start()
    made = stage.call("POST", f"{CONTROL}/tenants", {"name": "mine"}, idempotency_key="one")
    placed = stage.play("/buyers/orders", {"count": 1}, idempotency_key="two")
    again = start(stage.kill(tmp_path / "killed"))
    for first, repeated in (
        (made, again.call("POST", f"{CONTROL}/tenants", {"name": "mine"}, idempotency_key="one")),
        (placed, again.play("/buyers/orders", {"count": 1}, idempotency_key="two")),
    ):
        assert (repeated.status, repeated.body) == (first.status, first.body)
        assert repeated.headers["idempotent-replayed"] == "true"
    assert again.play("/buyers/orders", {"count": 2}, idempotency_key="two").status == 422


class Watch:
    """The machine's clocks, at which nothing passes by itself."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        return self.seconds

    def monotonic_ns(self) -> int:
        return int(self.seconds * 1_000_000_000)


def test_what_cannot_be_kept_is_refused_and_changes_nothing(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = start()
    stage.made(name="mine")
    snapshot = f"/snapshots/{stage.done('/snapshots', {})['snapshotId']}"
    stage.call("PATCH", "/v1/stores/S0001", PAUSED, KEY)
    before = everything(stage)

    def refuse(*_: object) -> None:
        raise Unavailable("The disk is full.")

    with monkeypatch.context() as full:
        full.setattr(stage.vault, "_write", refuse)
        for method, path, body in (
            ("POST", f"{TENANT}/faults", RULE),
            ("PUT", f"{TENANT}/throttles", {"profile": "peak"}),
            ("PUT", f"{TENANT}/clock", {"mode": "REAL"}),
            ("POST", f"{TENANT}/clock/advance", {"by": "PT1H"}),
            ("POST", f"{TENANT}/reset", None),
            ("POST", f"{TENANT}/snapshots", {}),
            ("POST", f"{TENANT}{snapshot}/restore", None),
            ("POST", f"{TENANT}{snapshot}/fork", {"name": "twin"}),
            ("DELETE", f"{TENANT}{snapshot}", None),
            ("POST", f"{CONTROL}/tenants", {"name": "twin"}),
            ("DELETE", f"{CONTROL}/tenants/mine", None),
            ("PATCH", "/v1/stores/S0001", {"status": "ACTIVE"}),
        ):
            refused = stage.call(method, path, body, KEY if path.startswith("/v1") else None)
            assert (refused.status, refused.json["code"]) == (503, "UNAVAILABLE"), path
    assert everything(stage) == before
    assert audits(stage) == []
    assert stage.call("POST", f"{CONTROL}/tenants", {"name": "twin"}).status == 201


def test_a_fault_rule_that_could_not_be_kept_in_the_end_is_none(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk may fill up between the look at it and the change."""
    stage = start()
    put, puts = stage.vault.put, []

    def refuse_the_second(kept: KeptTenant) -> None:
        puts.append(kept)
        if len(puts) == 2:
            raise Unavailable("The disk is full.")
        put(kept)

    monkeypatch.setattr(stage.vault, "put", refuse_the_second)
    assert stage.call("POST", f"{TENANT}/faults", RULE).status == 503
    assert stage.look(f"{TENANT}/faults", key=None)["items"] == []


def test_a_clock_that_runs_is_never_found_behind_what_it_has_told(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch()
    monkeypatch.setattr(clock, "time", watch)
    stage = start(clock=ClockMode.REAL)
    stage.call("PUT", f"{TENANT}/clock", {"mode": "SCALED", "scale": 60})
    for _ in range(3):
        watch.seconds += 1.5
        stage.tick()
        told = stage.look("/v1/health")["time"]
        watch.seconds += 1.0
        last = stage.look("/v1/health")["time"]
        assert last > told
    again = start(stage.kill(tmp_path / "killed"))
    assert again.look("/v1/health")["time"] > last
    assert again.look(f"{TENANT}/clock", key=None)["scale"] == 60
    stopped = again.look("/v1/health")["time"]
    again.stop()
    watch.seconds += 3600
    assert start(again.folder).look("/v1/health")["time"] == stopped


def test_flags_of_a_later_start_count_for_the_default_tenant(start: Start) -> None:
    stage = start()
    stage.stop()
    again = start(clock=ClockMode.REAL, throttle=Profile.PEAK)
    assert again.look(f"{TENANT}/clock", key=None)["mode"] == "REAL"
    assert again.look(f"{TENANT}/throttles", key=None)["profile"] == "peak"
    again.stop()
    with pytest.raises(VaultError, match=r"A world of small_chain with seed .* --seed says 12345. Leave"):
        start(seed=12345)


def test_snapshots_move_worlds_between_memory_and_a_database(start: Start, tmp_path: Path, cache_dir: Path) -> None:
    stage, in_memory = start(), Stage(tmp_path / "unused", cache_dir=cache_dir)
    carried(stage, in_memory)
    seen, key = carried(in_memory, stage)
    stage.stop()
    assert seen_by(start(), key) == seen


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "ENTRIES", 16)


@pytest.mark.usefixtures("small_segments")
def test_calls_that_left_memory_are_read_from_disk_and_the_chain_goes_on(start: Start) -> None:
    stage = start(journal_limit=8)
    for _ in range(50):
        stage.call("GET", "/v1/health")
    stage.tick()
    for _ in range(50):
        stage.call("GET", "/v1/health")
    stage.tick()
    journal = stage.keeping._registry.get("default").tenant.power(Journal)
    assert (journal.first, journal.last) == (1, 100)
    assert sum(segment.size == 0 for segment in journal._closed) >= 2
    assert journal.verify().flaw is None
    first = stage.look(f"{TENANT}/journal?limit=1", key=None)["items"][0]
    request_id = first["requestId"]
    stage.stop()
    again = start(journal_limit=8)
    journal = again.keeping._registry.get("default").tenant.power(Journal)
    assert again.look(f"{TENANT}/journal/1", key=None)["requestId"] == request_id
    request_ids = {kept.entry.request_id for kept in journal.entries()}
    assert len(request_ids) == 100
    assert again.call("GET", "/v1/health").headers["x-request-id"] not in request_ids
    found = journal.verify()
    assert (found.flaw, found.first, found.entries) == (None, 1, 101)
    assert [kept.entry.number for kept in journal.latest(Filters(), limit=2).entries] == [101, 100]


@pytest.mark.usefixtures("small_segments")
def test_calls_leave_the_disk_by_size_and_by_age(start: Start) -> None:
    stage = start()
    for _ in range(40):
        stage.call("GET", "/v1/health")
    stage.tick()
    journal = stage.keeping._registry.get("default").tenant.power(Journal)
    size = journal.shelved_bytes
    assert size > 1000
    now, days = clock.real_now(), stage.keeping._retention._replace(size=size)
    days.heed([journal], now)
    assert journal.first == 1
    Retention(days.age, size - 1).heed([journal], now)
    assert journal.first == 17
    assert journal.verify().flaw is None
    days.heed([journal], now + days.age * 2)
    assert journal.first == 33
    stage.stop()
    again = start()
    journal = again.keeping._registry.get("default").tenant.power(Journal)
    assert (journal.first, journal.last) == (33, 40)
    assert journal.verify().flaw is None


def test_a_journal_that_was_taken_away_begins_anew(start: Start) -> None:
    stage = start()
    stage.call("PATCH", "/v1/stores/S0001", PAUSED, KEY)
    stage.stop()
    (stage.folder / "journal.db").unlink()
    again = start()
    assert audits(again) == []
    assert again.look(f"{TENANT}/journal", key=None)["items"] == []


def test_a_damaged_journal_is_named_and_left_as_it_is(start: Start) -> None:
    stage = start()
    stage.stop()
    path = stage.folder / "journal.db"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(VaultError, match=r"journal\.db is damaged"):
        start()
    assert path.read_bytes() == b"no database" * 1000


def test_damage_that_a_power_finds_is_named(start: Start) -> None:
    stage = start()
    stage.call("POST", f"{TENANT}/faults", RULE)
    stage.stop()
    with closing(sqlite3.connect(stage.folder / "sandbox.db")) as connection, connection:
        (about,) = connection.execute("SELECT about FROM tenants WHERE name = 'default'").fetchone()
        assert b"\xa6faults" in about
        spoilt = about.replace(b"outage", b"out\xffge")
        connection.execute("UPDATE tenants SET about = ? WHERE name = 'default'", (spoilt,))
    with pytest.raises(VaultError, match=r"default cannot be opened|is damaged"):
        start()
