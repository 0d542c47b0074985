import pytest

from tests.control.stage import TENANT, Stage, faults_in

WAVE = {"profile": "STEADY", "perMinute": 2, "duration": "PT30M", "seed": 7}
ARRIVALS = f"{TENANT}/arrivals"


def orders(stage: Stage) -> int:
    return int(stage.look(TENANT, key=None)["counts"]["orders"])


def test_orders_arrive_while_the_clock_is_moved(stage: Stage) -> None:
    before = orders(stage)
    begun = stage.call("PUT", ARRIVALS, WAVE)
    assert begun.json == {
        **WAVE,
        "state": "RUNNING",
        "startedAt": "2026-11-27T15:00:00.000Z",
        "endsAt": "2026-11-27T15:30:00.000Z",
        "arrived": 0,
    }
    ran = stage.wait("PT15M")
    arrived = stage.look(ARRIVALS, key=None)["arrived"]
    assert 10 < arrived == orders(stage) - before
    assert {"kind": "ARRIVAL", "done": arrived} in ran["byKind"]
    stage.wait("PT15M")
    over = stage.look(ARRIVALS, key=None)
    assert (over["state"], over["arrived"]) == ("DONE", orders(stage) - before)
    assert stage.broken() == []


def test_the_same_seed_makes_the_same_orders(stage: Stage) -> None:
    def played() -> list[object]:
        stage.reset()
        stage.call("PUT", ARRIVALS, WAVE)
        stage.wait("PT30M")
        return list(stage.look("/v1/orders?createdAfter=2026-11-27T15:00:00Z&limit=100")["items"])

    assert played() == played() != []


def test_without_a_seed_it_is_the_tenants(stage: Stage) -> None:
    wave = {name: value for name, value in WAVE.items() if name != "seed"}
    assert stage.call("PUT", ARRIVALS, wave).json["seed"] == stage.world.seed


def test_a_wave_of_returns_comes_to_the_counters(stage: Stage) -> None:
    before = stage.look(TENANT, key=None)["counts"]
    stage.call("PUT", ARRIVALS, {**WAVE, "profile": "RETURNS_WAVE", "perMinute": 0.3})
    stage.wait("PT30M")
    after = stage.look(TENANT, key=None)["counts"]
    assert after["returns"] > before["returns"]
    assert after["orders"] == before["orders"]


def test_arrivals_that_are_deleted_come_no_more(stage: Stage) -> None:
    stage.call("PUT", ARRIVALS, WAVE)
    assert [stage.call("DELETE", ARRIVALS).status for _ in range(2)] == [204, 204]
    before = orders(stage)
    stage.wait("PT30M")
    assert orders(stage) == before
    got = stage.call("GET", ARRIVALS)
    assert (got.status, got.json["code"]) == (404, "NOT_FOUND")


def test_a_world_that_begins_anew_has_no_arrivals(stage: Stage) -> None:
    stage.call("PUT", ARRIVALS, WAVE)
    stage.reset()
    assert stage.call("GET", ARRIVALS).status == 404


def test_arrivals_go_on_in_a_fork_as_in_the_world_that_it_was_taken_of(stage: Stage) -> None:
    stage.call("PUT", ARRIVALS, WAVE)
    stage.wait("PT10M")
    kept = stage.done("/snapshots")["snapshotId"]
    stage.wait("PT20M")
    there = stage.look(ARRIVALS, key=None)
    stage.done(f"/snapshots/{kept}/restore")
    assert stage.look(ARRIVALS, key=None)["arrived"] < there["arrived"]
    stage.wait("PT20M")
    assert stage.look(ARRIVALS, key=None) == there


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"profile": "SURGE"}, "/profile"),
        ({"perMinute": 0}, "/perMinute"),
        ({"perMinute": 60_001}, "/perMinute"),
        ({"duration": "PT0S"}, "/duration"),
        ({"duration": "P99999W"}, "/duration"),
        ({"duration": "P1Y"}, "/duration"),
        ({"duration": "P1DT"}, "/duration"),
        ({"seed": -1}, "/seed"),
        ({"perminute": 3}, "/perminute"),
    ],
)
def test_arrivals_that_cannot_be_are_refused_and_the_old_ones_stay(
    stage: Stage, change: dict[str, object], pointer: str
) -> None:
    stage.call("PUT", ARRIVALS, WAVE)
    before = stage.look(ARRIVALS, key=None)
    got = stage.call("PUT", ARRIVALS, {**WAVE, **change})
    assert (got.status, [fault[0] for fault in faults_in(got)]) == (400, [pointer])
    assert stage.look(ARRIVALS, key=None) == before


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_there_are_no_arrivals_in_a_tenant_that_there_is_not(stage: Stage, method: str) -> None:
    body = WAVE if method == "PUT" else None
    assert stage.call(method, "/_sandbox/v1/tenants/nobody/arrivals", body).status == 404
