import pytest

from sandbox_server.api.pagination import decode, encode
from sandbox_server.api.refusals import InvalidRequest
from sandbox_server.domain.errors import CursorMismatch
from tests.api.asgi_client import request
from tests.api.sample import SampleDirectory, make_app


def test_cursors_lead_through_the_whole_list_once() -> None:
    app, seen, target = make_app(), list[str](), "/v1/things?limit=3"
    while target:
        page = request(app, "GET", target).json
        seen += [item["thingId"] for item in page["items"]]
        target = f"/v1/things?limit=3&cursor={page['nextCursor']}" if "nextCursor" in page else ""
    assert seen == [f"T-{number}" for number in range(1, 8)]


def test_what_is_inserted_during_a_walk_skips_and_repeats_nothing() -> None:
    directory = SampleDirectory()
    first = request(make_app(directory), "GET", "/v1/things?limit=5").json
    directory.default.world.things["T-8"] = 8
    rest = request(make_app(directory), "GET", f"/v1/things?cursor={first['nextCursor']}").json
    assert [item["thingId"] for item in rest["items"]] == ["T-6", "T-7", "T-8"]


@pytest.mark.parametrize("more", ["status=OPEN", "updatedAfter=2026-11-27T15:00:00Z"])
def test_a_cursor_is_bound_to_its_filters(more: str) -> None:
    app = make_app()
    cursor = request(app, "GET", "/v1/things?limit=3").json["nextCursor"]
    got = request(app, "GET", f"/v1/things?limit=3&cursor={cursor}&{more}")
    assert (got.status, got.json["code"]) == (400, "CursorMismatch")


def test_a_cursor_is_not_bound_to_the_limit_nor_to_how_an_instant_is_written() -> None:
    app = make_app()
    cursor = request(app, "GET", "/v1/things?limit=3&updatedAfter=2026-11-27T15:00:00Z").json["nextCursor"]
    target = f"/v1/things?updatedAfter=2026-11-27T16:00:00.000%2B01:00&cursor={cursor}&limit=4"
    assert request(app, "GET", target).status == 200


@pytest.mark.parametrize("position", [0, 1, 2**63])
def test_a_cursor_holds_its_place(position: int) -> None:
    assert decode(encode(position, "a", seed=1), "a", seed=1) == position


def test_a_cursor_of_another_seed_is_none() -> None:
    with pytest.raises(InvalidRequest):
        decode(encode(5, "a", seed=1), "a", seed=2)


def test_a_cursor_for_other_filters_is_a_mismatch() -> None:
    with pytest.raises(CursorMismatch):
        decode(encode(5, "a", seed=1), "b", seed=1)


def test_no_changed_letter_makes_another_cursor() -> None:
    cursor = encode(5, "a", seed=1)
    for place in range(len(cursor)):
        forged = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(InvalidRequest):
            decode(forged, "a", seed=1)
