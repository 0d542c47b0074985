"""Snapshots: worlds kept as they stood, gone back to, forked, carried away and brought in."""

from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import Any

import msgspec
import pytest

from sandbox_server.control import files
from sandbox_server.persistence import snapshot as worlds
from tests.api.asgi_client import Got
from tests.control.stage import CONTROL, KEY, NEVER, TENANT, Stage

SNAPSHOTS = f"{TENANT}/snapshots"
IMPORT = f"{CONTROL}/snapshots/import"
LISTS = ("orders", "inventory", "inventory/movements", "shipments", "returns", "events")
HEAD = files._HEAD.size
FORM_AT = len(files._MAGIC)


def take(stage: Stage, **asked: str) -> Any:
    got = stage.call("POST", SNAPSHOTS, asked or None)
    assert got.status == 201, got.json
    return got.json


def path_of(snapshot: Any) -> str:
    return f"{SNAPSHOTS}/{snapshot['snapshotId']}"


def told(stage: Stage, key: str = KEY) -> list[Any]:
    """What a client is told of a world."""
    return [stage.look(f"/v1/{name}?limit=100", key)["items"] for name in LISTS]


def forked(stage: Stage, snapshot: Any, **asked: str) -> Any:
    got = stage.call("POST", f"{path_of(snapshot)}/fork", asked or None)
    assert got.status == 201, got.json
    return got.json


def key_of(tenant: Any) -> str:
    return str(tenant["credentials"][0]["apiKey"])


def exported(stage: Stage) -> bytes:
    return stage.call("GET", f"{path_of(take(stage))}/export").body


def bring(stage: Stage, content: bytes, name: str = "") -> Got:
    return stage.call("POST", f"{IMPORT}?name={name}" if name else IMPORT, content)


def place(stage: Stage, tenant: str, count: int = 3) -> Any:
    got = stage.call("POST", f"{CONTROL}/tenants/{tenant}/buyers/orders", {"count": count})
    assert got.status == 201, got.json
    return got.json["items"]


def test_a_snapshot_tells_what_it_is_of(stage: Stage) -> None:
    stage.wait("PT1H")
    got = stage.call("POST", SNAPSHOTS, {"label": "after an hour"})
    kept, tenant = got.json, stage.look(TENANT, None)
    assert got.headers["location"] == path_of(kept)
    assert (kept["tenant"], kept["label"], kept["at"]) == ("default", "after an hour", tenant["clock"]["now"])
    assert (kept["fixture"], kept["seed"], kept["counts"]) == (tenant["fixture"], tenant["seed"], tenant["counts"])
    assert stage.look(path_of(kept), None) == kept
    assert "label" not in take(stage)


def test_snapshots_are_listed_in_order_page_by_page_and_stay_through_a_reset(stage: Stage) -> None:
    ids = [take(stage)["snapshotId"] for _ in range(3)]
    stage.done("/reset")
    first = stage.look(f"{SNAPSHOTS}?limit=2", None)
    rest = stage.look(f"{SNAPSHOTS}?limit=2&cursor={first['nextCursor']}", None)
    assert [one["snapshotId"] for one in first["items"] + rest["items"]] == ids


def test_a_deleted_snapshot_is_gone_and_what_was_forked_from_it_stays(stage: Stage) -> None:
    kept = take(stage)
    tenant = forked(stage, kept, name="twig")
    assert stage.call("DELETE", path_of(kept)).status == 204
    for method, below in (("GET", ""), ("DELETE", ""), ("POST", "/restore"), ("POST", "/fork"), ("GET", "/export")):
        assert stage.call(method, path_of(kept) + below).status == 404
    assert stage.call("POST", f"{CONTROL}/tenants/twig/reset").json == tenant


def test_a_snapshot_belongs_to_its_tenant(stage: Stage) -> None:
    kept = take(stage)
    stage.made(name="stranger")
    assert stage.call("GET", f"{CONTROL}/tenants/stranger/snapshots/{kept['snapshotId']}").status == 404


def test_going_back_puts_world_and_time_back(stage: Stage) -> None:
    stage.wait("PT1H")
    kept, before, tenant = take(stage), told(stage), stage.look(TENANT, None)
    place(stage, "default")
    stage.wait("P2D")
    assert told(stage) != before
    got = stage.call("POST", f"{path_of(kept)}/restore")
    assert (got.status, got.json) == (200, tenant)
    assert told(stage) == before


def test_one_goes_back_as_often_as_one_wants_and_it_goes_on_alike(stage: Stage) -> None:
    kept = take(stage)
    goings = []
    for _ in range(2):
        placed = place(stage, "default")
        ran = stage.wait("P3D")
        goings.append((placed, ran, told(stage)))
        stage.call("POST", f"{path_of(kept)}/restore")
    assert goings[0] == goings[1]


def test_going_back_does_not_change_the_snapshot(stage: Stage) -> None:
    kept = take(stage)
    first = stage.call("GET", f"{path_of(kept)}/export").body
    stage.call("POST", f"{path_of(kept)}/restore")
    place(stage, "default")
    stage.wait("P1D")
    assert stage.call("GET", f"{path_of(kept)}/export").body == first


def test_going_back_leaves_credentials_and_the_journal(stage: Stage) -> None:
    kept = take(stage)
    told(stage)
    calls = stage.look(f"{TENANT}/journal", None)["items"]
    stage.call("POST", f"{path_of(kept)}/restore")
    assert stage.look(f"{TENANT}/journal", None)["items"] == calls
    assert stage.look("/v1/orders?limit=1")["items"]
    assert stage.look(f"{TENANT}/audit", None)["holds"]


def test_a_key_that_was_used_after_a_snapshot_is_new_again_once_it_was_gone_back_to(stage: Stage) -> None:
    kept = take(stage)
    body = {"lines": [{"lineId": "1", "decision": "REJECT", "reason": "DAMAGED"}]}
    for _ in range(2):
        (order,) = stage.done("/buyers/orders", {"lines": [{"sku": "SKU-00001", "quantity": 1}]})["items"]
        path = f"/v1/orders/{order['orderId']}/acknowledgements"
        got = stage.call("POST", path, body, KEY, Idempotency_Key="once-a-life")
        assert (got.status, got.headers.get("idempotent-replayed")) == (200, None)
        stage.call("POST", f"{path_of(kept)}/restore")
    assert stage.look(f"{TENANT}/audit", None)["holds"]


def test_arrivals_go_on_where_they_were(stage: Stage) -> None:
    stage.call("PUT", f"{TENANT}/arrivals", {"profile": "STEADY", "perMinute": 6, "duration": "PT1H"})
    stage.wait("PT10M")
    kept, then = take(stage), stage.look(f"{TENANT}/arrivals", None)
    stage.wait("PT1H")
    stage.call("POST", f"{path_of(kept)}/restore")
    assert stage.look(f"{TENANT}/arrivals", None) == then


def test_a_fork_begins_as_the_snapshot_stands_with_credentials_of_its_own(stage: Stage) -> None:
    stage.wait("PT1H")
    place(stage, "default")
    kept, before = take(stage), told(stage)
    stage.wait("P1D")
    got = stage.call("POST", f"{path_of(kept)}/fork", {"name": "twin"})
    assert (got.status, got.headers["location"]) == (201, f"{CONTROL}/tenants/twin")
    twin = got.json
    assert (twin["name"], twin["clock"]["now"], twin["clock"]["mode"]) == ("twin", kept["at"], "FROZEN")
    assert told(stage, key_of(twin)) == before
    assert key_of(twin) != KEY


def test_a_fork_goes_on_alike_and_apart(stage: Stage) -> None:
    forked(stage, take(stage), name="twin")
    assert place(stage, "default") == place(stage, "twin")
    before = stage.state()[0]
    place(stage, "twin", 5)
    stage.call("POST", f"{CONTROL}/tenants/twin/clock/advance", {"by": "P3D"})
    assert stage.state()[0] == before
    for tenant in ("default", "twin"):
        assert stage.look(f"{CONTROL}/tenants/{tenant}/audit", None)["holds"]


def test_a_fork_begins_anew_as_it_was_forked(stage: Stage) -> None:
    place(stage, "default")
    twin = forked(stage, take(stage), name="twin")
    place(stage, "twin")
    assert stage.call("POST", f"{CONTROL}/tenants/twin/reset").json == twin


def test_a_fork_under_a_name_that_is_taken_is_refused(stage: Stage) -> None:
    kept = take(stage)
    before = stage.state()
    got = stage.call("POST", f"{path_of(kept)}/fork", {"name": "default"})
    assert (got.status, got.json["code"]) == (409, "DUPLICATE")
    assert stage.state() == before


def test_the_same_key_takes_one_snapshot_and_makes_one_fork(stage: Stage) -> None:
    kept = [stage.call("POST", SNAPSHOTS, Idempotency_Key="keep-1") for _ in range(2)]
    assert kept[0].json == kept[1].json
    forks = [stage.call("POST", f"{path_of(kept[0].json)}/fork", Idempotency_Key="fork-1") for _ in range(2)]
    assert forks[0].json == forks[1].json
    assert len(stage.look(SNAPSHOTS, None)["items"]) == 1
    assert len(stage.look(f"{CONTROL}/tenants", None)["items"]) == 2


def test_a_file_holds_the_world_byte_for_byte(stage: Stage) -> None:
    place(stage, "default")
    kept = take(stage, label="to carry")
    got = stage.call("GET", f"{path_of(kept)}/export")
    name = f"default-{kept['snapshotId']}.snapshot"
    assert got.headers["content-disposition"] == f'attachment; filename="{name}"'
    read = files.read(got.body)
    world = BytesIO()
    worlds.dump(read.standing.persistence, world)
    assert got.body.endswith(world.getvalue())
    assert files.written(read) == got.body
    assert (read.label, read.tenant, read.snapshot_id) == ("to carry", "default", kept["snapshotId"])


def test_a_file_becomes_a_tenant_that_goes_on_alike(stage: Stage) -> None:
    stage.wait("PT1H")
    place(stage, "default")
    content, before, tenant = exported(stage), told(stage), stage.look(TENANT, None)
    got = bring(stage, content, "carried")
    assert (got.status, got.headers["location"]) == (201, f"{CONTROL}/tenants/carried")
    assert got.json["clock"] == tenant["clock"]
    assert got.json["counts"] == tenant["counts"]
    assert told(stage, key_of(got.json)) == before
    assert place(stage, "default") == place(stage, "carried")
    assert stage.look(f"{CONTROL}/tenants/carried/audit", None)["holds"]


def test_a_file_is_brought_in_once_for_a_key(stage: Stage) -> None:
    content = exported(stage)
    first, again = (stage.call("POST", IMPORT, content, Idempotency_Key="bring-1") for _ in range(2))
    other = stage.call("POST", IMPORT, content + b" ", Idempotency_Key="bring-1")
    assert (first.json, again.headers["idempotent-replayed"]) == (again.json, "true")
    assert (other.status, other.json["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


@pytest.fixture(scope="module")
def content(built: Stage) -> bytes:
    """A snapshot as a file."""
    return exported(built)


def length_of_facts(content: bytes) -> int:
    return int(files._HEAD.unpack_from(content)[3])


def refused(stage: Stage, content: bytes) -> str:
    """Bring in what cannot be; why it was refused."""
    before = stage.state()
    got = bring(stage, content, "never")
    assert (got.status, got.json["code"]) == (422, "BAD_SNAPSHOT"), got.json
    assert stage.state() == before
    return str(got.json["detail"])


@pytest.mark.parametrize(
    "place_of_cut",
    [
        lambda _: 1,
        lambda _: FORM_AT - 1,
        lambda _: FORM_AT,
        lambda _: HEAD - 1,
        lambda _: HEAD,
        lambda content: HEAD + length_of_facts(content) // 2,
        lambda content: HEAD + length_of_facts(content),
        lambda content: HEAD + length_of_facts(content) + 7,
        lambda content: len(content) // 2,
        lambda content: len(content) - 24,
        lambda content: len(content) - 1,
    ],
)
def test_a_file_that_is_cut_off_is_refused_wherever_that_is(
    stage: Stage, content: bytes, place_of_cut: Callable[[bytes], int]
) -> None:
    assert "is cut off" in refused(stage, content[: place_of_cut(content)])


def test_a_file_with_something_after_it_is_refused(stage: Stage, content: bytes) -> None:
    assert "something follows it" in refused(stage, content + b"\0")


def test_a_file_that_is_damaged_is_refused_wherever_that_is(stage: Stage, content: bytes) -> None:
    facts = HEAD + length_of_facts(content)
    places = [HEAD - 1, HEAD, facts - 1, *range(facts + 16, len(content), len(content) // 40), len(content) - 1]
    before = stage.state()
    for at in places:
        damaged = bytearray(content)
        damaged[at] ^= 0x10
        got = bring(stage, bytes(damaged), "never")
        assert (got.status, got.json["code"]) == (422, "BAD_SNAPSHOT"), at
        assert "damaged" in got.json["detail"] or "cut off" in got.json["detail"]
    assert stage.state() == before


def test_a_file_of_another_version_is_refused_and_both_versions_are_named(stage: Stage, content: bytes) -> None:
    newer = bytearray(content)
    newer[FORM_AT] += 1
    detail = refused(stage, bytes(newer))
    assert f"form {files.FORM + 1}" in detail
    assert f"form {files.FORM}." in detail
    newer = bytearray(content)
    newer[HEAD + length_of_facts(content) + len(worlds._MAGIC)] += 1
    assert f"form {worlds.FORM + 1}; this version reads form {worlds.FORM}" in refused(stage, bytes(newer))


def again(facts: bytes, world: bytes) -> bytes:
    """A file whose lengths and digests fit."""
    size = HEAD + len(facts) + len(world)
    return files._HEAD.pack(files._MAGIC, files.FORM, size, len(facts), files._digest(facts)) + facts + world


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: {},
        lambda facts: [],
        lambda facts: {**facts, "powers": "none"},
        lambda facts: {**facts, "now": 10**17},
        lambda facts: {**facts, "now": "today"},
    ],
)
def test_a_file_that_was_made_by_hand_is_refused_where_it_makes_no_sense(
    stage: Stage, content: bytes, change: Callable[[Any], Any]
) -> None:
    facts, world = content[HEAD : HEAD + length_of_facts(content)], content[HEAD + length_of_facts(content) :]
    changed = msgspec.msgpack.encode(change(msgspec.msgpack.decode(facts)))
    assert "damaged" in refused(stage, again(changed, world))


@pytest.mark.parametrize(
    "nonsense", [b"\0", b"PK\x03\x04", b"{}", worlds._MAGIC, b"\xff" * 100_000, b"ACORN TENANS\n" + bytes(100)]
)
def test_what_is_no_snapshot_is_refused(stage: Stage, nonsense: bytes) -> None:
    assert refused(stage, nonsense) == "The file is no snapshot of a sandbox."


def test_an_empty_file_is_refused(stage: Stage) -> None:
    before = stage.state()
    got = bring(stage, b"", "never")
    assert got.status == 400
    assert stage.state() == before


def test_a_length_that_is_a_lie_costs_nothing(stage: Stage, content: bytes) -> None:
    facts = content[HEAD : HEAD + length_of_facts(content)]
    liar = worlds._HEAD.pack(worlds._MAGIC, worlds.FORM) + worlds._FRAME.pack(2**63, b"\0" * 16)
    assert "cut off" in refused(stage, again(facts, liar))
    head = partial(files._HEAD.pack, files._MAGIC, files.FORM)
    assert "cut off" in refused(stage, head(2**64 - 1, 2**32 - 1, b"\0" * 16))
    assert refused(stage, head(HEAD, 2**32 - 1, b"\0" * 16))


def test_a_file_over_a_gibibyte_is_not_read(stage: Stage) -> None:
    before = stage.state()
    got = stage.call("POST", IMPORT, b"ACORN", Content_Length=str(1024**3 + 1))
    assert (got.status, got.json["code"]) == (413, "BODY_TOO_LARGE")
    assert stage.state() == before


def test_a_file_over_a_megabyte_is_read(stage: Stage) -> None:
    assert refused(stage, files._MAGIC + bytes(3 * 1024 * 1024))


def test_a_file_in_another_media_type_is_not_taken(stage: Stage, content: bytes) -> None:
    got = stage.call("POST", IMPORT, content, Content_Type="application/zip")
    assert (got.status, got.headers["accept"]) == (415, "application/octet-stream")


def test_a_file_under_a_name_that_is_taken_is_refused(stage: Stage, content: bytes) -> None:
    before = stage.state()
    got = bring(stage, content, "default")
    assert (got.status, got.json["code"]) == (409, "DUPLICATE")
    assert stage.state() == before


def test_a_snapshot_that_there_is_not_is_not_found(stage: Stage) -> None:
    got = stage.call("GET", f"{SNAPSHOTS}/snp_{NEVER[4:]}")
    assert (got.status, got.json["detail"]) == (404, f"There is no snapshot 'snp_{NEVER[4:]}'.")


def test_going_back_puts_fault_rules_and_the_throttle_back_and_a_fork_has_them_too(stage: Stage) -> None:
    stage.done("/faults", {"id": "outage", "effect": {"error": {"status": 503}}})
    stage.call("PUT", f"{TENANT}/throttles", {"profile": "strict"})
    kept, before = take(stage), stage.state()[1:]
    stage.call("DELETE", f"{TENANT}/faults")
    stage.call("PUT", f"{TENANT}/throttles", {"profile": "off"})
    stage.call("POST", f"{path_of(kept)}/restore")
    assert stage.state()[1:] == before
    twin = forked(stage, kept, name="twin")
    assert twin["throttleProfile"] == "strict"
    rules = [stage.look(f"{CONTROL}/tenants/{name}/faults", None) for name in ("default", "twin")]
    assert rules[0] == rules[1]


@pytest.mark.parametrize("kept", [b"x", b"\xc1", b"{}"])
@pytest.mark.parametrize("power", ["faults", "throttle"])
def test_a_file_whose_powers_make_no_sense_is_refused(stage: Stage, content: bytes, power: str, kept: bytes) -> None:
    end = HEAD + length_of_facts(content)
    facts = {**msgspec.msgpack.decode(content[HEAD:end]), "powers": {power: kept}}
    assert "damaged" in refused(stage, again(msgspec.msgpack.encode(facts), content[end:]))
