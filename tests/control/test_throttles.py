"""The throttle, as the operator sets it, and as snapshots and tenants carry it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sandbox_server.control import files
from sandbox_server.traffic.throttle import Profile, Throttle
from tests.control.stage import CONTROL, KEY, TENANT, Stage, faults_in

THROTTLES = f"{TENANT}/throttles"
STRICTER = {"profile": "strict", "operations": [{"operationId": "listOrders", "perMinute": 0.5, "burst": 3}]}


@pytest.fixture
def stage(stage: Stage) -> Iterator[Stage]:
    """Return small_chain, not throttled when the test is over."""
    yield stage
    stage.call("PUT", THROTTLES, {"profile": "off"})


def put(stage: Stage, profile: str, tenant: str = "default", *operations: dict[str, Any]) -> Any:
    body = {"profile": profile, "operations": operations} if operations else {"profile": profile}
    got = stage.call("PUT", f"{CONTROL}/tenants/{tenant}/throttles", body)
    assert got.status == 200, got.json
    return got.json


def orders(stage: Stage, key: str = KEY) -> tuple[int, str | None]:
    """The status of one call for orders, and what is told to be left."""
    got = stage.call("GET", "/v1/orders?limit=1", key=key)
    return got.status, got.headers.get("ratelimit")


def key_of(tenant: Any) -> str:
    return str(tenant["credentials"][0]["apiKey"])


def test_nothing_is_limited_while_the_throttle_is_off(stage: Stage) -> None:
    assert stage.look(THROTTLES, None) == {"profile": "off", "operations": []}
    assert orders(stage) == (200, None)


def test_a_profile_is_in_force_at_once_and_told_with_all_its_numbers(stage: Stage) -> None:
    told = put(stage, "default")
    assert told == stage.look(THROTTLES, None)
    assert {"operationId": "listOrders", "perMinute": 60, "burst": 20, "own": False} in told["operations"]
    assert orders(stage) == (200, '"listOrders";r=19;t=1')
    assert stage.look(TENANT, None)["throttleProfile"] == "default"
    assert stage.look("/v1/rate-limits")["profile"] == "default"


def test_an_operation_may_have_a_limit_of_its_own(stage: Stage) -> None:
    stage.call("PUT", THROTTLES, STRICTER)
    rows = {row.pop("operationId"): row for row in stage.look(THROTTLES, None)["operations"]}
    assert rows["listOrders"] == {"perMinute": 0.5, "burst": 3, "own": True}
    assert rows["getOrder"] == {"perMinute": 6, "burst": 2, "own": False}
    assert [orders(stage)[0] for _ in range(4)] == [200, 200, 200, 429]
    put(stage, "strict")
    assert orders(stage) == (200, '"listOrders";r=1;t=10')


def test_setting_a_throttle_fills_all_buckets(stage: Stage) -> None:
    put(stage, "strict")
    assert [orders(stage)[0] for _ in range(3)] == [200, 200, 429]
    put(stage, "strict")
    assert orders(stage)[0] == 200


@pytest.mark.parametrize(
    ("body", "status", "found"),
    [
        ({}, 400, [("/profile", "REQUIRED")]),
        ({"profile": "fast"}, 400, [("/profile", "ENUM")]),
        ({"profile": "strict", "operations": [{"operationId": "listOrders"}]}, 400, None),
        (
            {"profile": "strict", "operations": [{"operationId": "listOrders", "perMinute": 0, "burst": 1}]},
            400,
            [("/operations/0/perMinute", "MINIMUM")],
        ),
        (
            {"profile": "strict", "operations": [{"operationId": "listOrders", "perMinute": 1, "burst": 0}]},
            400,
            [("/operations/0/burst", "MINIMUM")],
        ),
        (
            {"profile": "strict", "operations": [{"operationId": "listOrder", "perMinute": 1, "burst": 1}]},
            422,
            [("/operations/0/operationId", "UNKNOWN_OPERATION")],
        ),
        (
            {
                "profile": "strict",
                "operations": [
                    {"operationId": "getStore", "perMinute": 1, "burst": 1},
                    {"operationId": "getStore", "perMinute": 2, "burst": 1},
                    {"operationId": "placeOrders", "perMinute": 2, "burst": 1},
                ],
            },
            422,
            [("/operations/1/operationId", "DUPLICATE"), ("/operations/2/operationId", "UNKNOWN_OPERATION")],
        ),
        (
            {"profile": "off", "operations": [{"operationId": "getStore", "perMinute": 1, "burst": 1}]},
            422,
            [("/operations", "PROFILE_OFF")],
        ),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    stage: Stage, body: Any, status: int, found: list[tuple[str, str]] | None
) -> None:
    stage.call("PUT", THROTTLES, STRICTER)
    orders(stage)
    before = stage.state()
    got = stage.call("PUT", THROTTLES, body)
    assert got.status == status
    assert found is None or faults_in(got) == found
    assert stage.state() == before


@pytest.mark.parametrize(
    ("name", "hint"),
    [("listOrder", "Was listOrders meant?"), ("qqqq", "GET /rate-limits of the marketplace names all.")],
)
def test_an_operation_that_is_not_there_is_answered_with_the_nearest(stage: Stage, name: str, hint: str) -> None:
    body = {"profile": "strict", "operations": [{"operationId": name, "perMinute": 1, "burst": 1}]}
    (fault,) = stage.call("PUT", THROTTLES, body).json["errors"]
    assert fault["message"] == f"The marketplace has no such operation. {hint}"


def test_a_problem_does_not_grow_with_all_that_is_wrong(stage: Stage) -> None:
    wrong = [{"operationId": "nothing", "perMinute": 1, "burst": 1}] * 200
    assert len(faults_in(stage.call("PUT", THROTTLES, {"profile": "strict", "operations": wrong}))) == 20


def test_a_throttle_of_no_tenant_is_not_found(stage: Stage) -> None:
    path = f"{CONTROL}/tenants/nobody/throttles"
    assert [stage.call("GET", path).status, stage.call("PUT", path, {"profile": "off"}).status] == [404, 404]


def test_advancing_the_clock_fills_buckets_to_the_millisecond(stage: Stage) -> None:
    stage.call("PUT", THROTTLES, STRICTER)
    assert [orders(stage)[0] for _ in range(4)] == [200, 200, 200, 429]
    stage.wait("PT1M59.999S")
    assert orders(stage)[0] == 429
    stage.wait("PT0.001S")
    assert [orders(stage)[0] for _ in range(2)] == [200, 429]


def test_the_operators_own_interface_is_never_throttled(stage: Stage) -> None:
    put(stage, "strict")
    for _ in range(50):
        got = stage.call("GET", TENANT)
        assert (got.status, "ratelimit" in got.headers) == (200, False)
        assert stage.call("GET", f"{CONTROL}/pos/stock?limit=1", key=KEY).status == 200


def test_tenants_share_neither_profile_nor_bucket(stage: Stage) -> None:
    other = stage.made(name="other")
    put(stage, "strict")
    assert [orders(stage)[0] for _ in range(3)] == [200, 200, 429]
    assert orders(stage, key_of(other)) == (200, None)
    put(stage, "strict", "other")
    assert [orders(stage, key_of(other))[0] for _ in range(3)] == [200, 200, 429]
    stage.call("POST", f"{CONTROL}/tenants/other/clock/advance", {"by": "PT10S"})
    assert (orders(stage, key_of(other))[0], orders(stage)[0]) == (200, 429)


@pytest.mark.parametrize(("clock", "profile"), [("FROZEN", "off"), ("REAL", "default")])
def test_a_new_tenant_is_throttled_where_its_time_passes(stage: Stage, clock: str, profile: str) -> None:
    tenant = stage.made(name="new", clock={"mode": clock})
    assert tenant["throttleProfile"] == profile


def test_the_setting_holds_for_every_tenant(tmp_path: Path) -> None:
    stage = Stage(tmp_path, throttle=Profile.AMAZON)
    assert stage.look(TENANT, None)["throttleProfile"] == "amazon"
    for mode in ("FROZEN", "REAL"):
        assert stage.made(clock={"mode": mode})["throttleProfile"] == "amazon"


def test_the_journal_and_the_metrics_know_who_was_throttled(stage: Stage) -> None:
    put(stage, "strict")
    for _ in range(3):
        orders(stage)
    calls = stage.look(f"{TENANT}/journal?operation=listOrders", None)["items"]
    assert [call["verdict"] for call in calls[-3:]] == ["ANSWERED", "ANSWERED", "THROTTLED"]
    entries = [stage.look(f"{TENANT}/journal/{call['number']}", None) for call in calls[-3:]]
    assert [entry["throttle"] for entry in entries] == [
        {"admitted": True, "remaining": 1},
        {"admitted": True, "remaining": 0},
        {"admitted": False, "remaining": 0},
    ]
    exposition = stage.call("GET", f"{CONTROL}/metrics").body.decode()
    assert 'sandbox_throttled_total{operation="listOrders"}' in exposition


def take(stage: Stage) -> Any:
    got = stage.call("POST", f"{TENANT}/snapshots")
    assert got.status == 201, got.json
    return f"{TENANT}/snapshots/{got.json['snapshotId']}"


def test_a_snapshot_carries_the_profile_the_limits_and_the_buckets(stage: Stage) -> None:
    stage.call("PUT", THROTTLES, STRICTER)
    orders(stage)
    orders(stage)
    kept, told = take(stage), stage.look(THROTTLES, None)
    orders(stage)
    stage.wait("PT10M")
    put(stage, "amazon")
    assert stage.call("POST", f"{kept}/restore").json["throttleProfile"] == "strict"
    assert stage.look(THROTTLES, None) == told
    assert [orders(stage)[0] for _ in range(2)] == [200, 429]


def test_a_fork_has_the_throttle_and_its_new_credentials_have_full_buckets(stage: Stage) -> None:
    stage.call("PUT", THROTTLES, STRICTER)
    assert [orders(stage)[0] for _ in range(4)] == [200, 200, 200, 429]
    fork = stage.call("POST", f"{take(stage)}/fork").json
    assert fork["throttleProfile"] == "strict"
    assert [orders(stage, key_of(fork))[0] for _ in range(4)] == [200, 200, 200, 429]


def test_a_reset_fills_the_buckets_and_leaves_the_throttle(stage: Stage) -> None:
    stage.call("PUT", THROTTLES, STRICTER)
    told = stage.look(THROTTLES, None)
    assert [orders(stage)[0] for _ in range(4)] == [200, 200, 200, 429]
    stage.reset()
    assert stage.look(THROTTLES, None) == told
    assert orders(stage)[0] == 200


def test_a_file_carries_the_throttle_and_one_that_carries_none_of_ours_is_refused(stage: Stage) -> None:
    put(stage, "peak")
    content = stage.call("GET", f"{take(stage)}/export").body
    assert stage.call("POST", f"{CONTROL}/snapshots/import?name=brought", content).json["throttleProfile"] == "peak"
    snapshot = files.read(content)
    wrong = snapshot._replace(powers={**snapshot.powers, Throttle.kept_as: msgspec.msgpack.encode(["fast", {}, {}])})
    before = stage.state()
    got = stage.call("POST", f"{CONTROL}/snapshots/import?name=worse", files.written(wrong))
    assert (got.status, got.json["code"]) == (422, "BAD_SNAPSHOT")
    assert "throttle" in got.json["detail"]
    assert stage.state() == before
