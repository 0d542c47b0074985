"""The parts that pages are made of: tables, drawings, formats, forms, and a call that is made again."""

import json
import shlex
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from werkzeug.datastructures import MultiDict

from sandbox_server.console.again import Again, send
from sandbox_server.console.drawing import HEIGHT, WIDTH, drawing_of
from sandbox_server.console.formats import instant, money, number, pretty, span
from sandbox_server.console.forms import decimal, integer
from sandbox_server.console.forms import instant as typed_instant
from sandbox_server.console.pages.stock import STEPS, heat
from sandbox_server.console.tables import ROWS, Order, arranged, order_of
from sandbox_server.kernel.geo import Location
from tests.domain.builders import a_store

KEYS = {"size": lambda item: item["size"]}


def sized(*sizes: int) -> list[dict[str, Any]]:
    return [{"size": size} for size in sizes]


def sizes(items: Any) -> list[int]:
    return [item["size"] for item in items]


def test_rows_are_sorted_either_way_by_a_column_or_by_their_age() -> None:
    items = sized(2, 9, 5)
    assert sizes(arranged(items, Order("size", falling=False), KEYS).items) == [2, 5, 9]
    assert sizes(arranged(items, Order("size", falling=True), KEYS).items) == [9, 5, 2]
    assert sizes(arranged(items, Order(), KEYS).items) == [5, 9, 2]
    assert sizes(arranged(items, Order(falling=False), KEYS).items) == [2, 9, 5]


@given(count=st.integers(0, 3 * ROWS + 1), falling=st.booleans())
def test_pages_of_a_sorted_table_hold_each_row_once(count: int, falling: bool) -> None:
    items, page, found = sized(*range(count)), 1, []
    while True:
        sheet = arranged(items, Order("size", falling, page), KEYS)
        assert sheet.total == count
        assert (sheet.before is None) == (page == 1)
        found += sizes(sheet.items)
        if sheet.after is None:
            break
        page = sheet.after
    assert found == sorted(range(count), reverse=falling)


@pytest.mark.parametrize(
    ("asked", "order"),
    [
        ({}, Order()),
        ({"sort": "size", "dir": "asc", "page": "3"}, Order("size", falling=False, page=3)),
        ({"sort": "colour", "page": "-1", "place": "-7"}, Order()),
        ({"page": "x", "dir": "up"}, Order()),
    ],
)
def test_a_table_is_asked_for_in_an_address(asked: dict[str, str], order: Order) -> None:
    assert order_of(MultiDict(asked), KEYS) == order
    assert order_of(MultiDict(), KEYS, falling=False).falling is False


@given(places=st.lists(st.tuples(st.floats(-85, 85), st.floats(-180, 180)), max_size=20))
def test_every_store_is_drawn_within_the_margins(places: list[tuple[float, float]]) -> None:
    stores = [replace(a_store(f"S{n}"), location=Location(*place)) for n, place in enumerate(places)]
    drawing = drawing_of(stores)
    assert len(drawing.points) == len(stores)
    assert all(0 <= point.x <= WIDTH and 0 <= point.y <= HEIGHT for point in drawing.points)


def test_north_is_above_and_east_is_right() -> None:
    south_west, north_east = (replace(a_store(), location=Location(*at)) for at in ((40.0, -75.0), (41.0, -73.0)))
    one, other = drawing_of([south_west, north_east]).points
    assert one.x < other.x
    assert one.y > other.y


def test_a_name_stands_before_its_store_where_another_one_is_behind() -> None:
    places = ((40.0, -75.0), (40.0, -74.97), (40.0, -74.0), (41.0, -74.5))
    points = drawing_of([replace(a_store(), location=Location(*at)) for at in places]).points
    assert [point.before for point in points] == [True, False, False, False]


def test_one_store_stands_in_the_middle() -> None:
    [point] = drawing_of([a_store()]).points
    assert (point.x, point.y) == (WIDTH / 2, HEIGHT / 2)


def test_values_are_written_alike_everywhere() -> None:
    at = datetime(2026, 11, 27, 15, 4, 5, 678000, tzinfo=UTC)
    assert instant(at) == instant("2026-11-27T15:04:05.678Z") == "2026-11-27 15:04:05"
    assert number(1234567) == "1,234,567"
    assert money(1290, "USD") == "12.90 USD"
    assert money(1290, "JPY") == "1290 JPY"


@pytest.mark.parametrize(
    ("length", "written"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=65), "1 h 5 min"),
        (timedelta(days=2, seconds=1), "2 d 1 s"),
        (timedelta(days=2, hours=3, minutes=4), "2 d 3 h"),
        (-timedelta(minutes=15), "-15 min"),
    ],
)
def test_lengths_of_time_are_written_in_two_units(length: timedelta, written: str) -> None:
    assert span(length) == written


def test_json_is_written_in_lines_and_other_text_as_it_is() -> None:
    assert pretty('{"name":"Zoë"}') == pretty({"name": "Zoë"}) == '{\n  "name": "Zoë"\n}'
    assert pretty("a,b\n1,2") == "a,b\n1,2"
    assert pretty("[" * 100_000) == "[" * 100_000


def test_what_is_typed_is_a_number_or_goes_on_as_it_is() -> None:
    assert [integer(typed, 7) for typed in (None, "", "12", "-3", "1.5", "9" * 16)] == [7, 7, 12, -3, "1.5", "9" * 16]
    assert [decimal(typed, 7) for typed in (None, "", "1.5", "-3", "1e9", "nan")] == [7, 7, 1.5, -3.0, "1e9", "nan"]


def test_an_instant_is_typed_as_a_day_or_to_the_second_and_what_is_none_is_passed_over() -> None:
    at = datetime(2026, 11, 27, 15, tzinfo=UTC)
    assert [typed_instant(typed) for typed in ("2026-11-27T15:00", "2026-11-27T10:00:00-05:00")] == [at, at]
    assert typed_instant("2026-11-27") == at.replace(hour=0)
    assert [typed_instant(typed) for typed in (None, "", "today", "2026-13-01")] == [None] * 4


@pytest.mark.parametrize(("units", "shade"), [(-4, 0), (0, 0), (1, 1), (2, 1), (3, 2), (25, 5), (9999, 5)])
def test_more_units_are_a_darker_shade(units: int, shade: int) -> None:
    assert heat(units) == shade < len(STEPS)


def a_call(body: str = "", **changes: Any) -> dict[str, Any]:
    request = {
        "headers": [
            {"name": "Host", "value": "x"},
            {"name": "X-Api-Key", "value": "[redacted]"},
            {"name": "X-Note", "value": "it's $(rm -rf /) `x`"},
            {"name": "Idempotency-Key", "value": "k"},
        ],
        "bodyBytes": len(body.encode()),
        **({"body": body} if body else {}),
        **changes,
    }
    return {"method": "POST", "path": "/v1/orders?a='b'&c=d", "request": request}


def test_a_call_becomes_a_command_that_a_shell_takes_as_it_is_meant() -> None:
    body = json.dumps({"note": 'it\'s "quoted" $HOME'})
    command = Again.of(a_call(body), "the-key").curl("http://localhost:8080/")
    assert shlex.split(command) == [
        "curl", "-i", "-X", "POST", "http://localhost:8080/v1/orders?a='b'&c=d", "-H", "X-Note: it's $(rm -rf /) `x`",
        "-H", "Idempotency-Key: k", "-H", "x-api-key: the-key", "--data-binary", body,
    ]  # fmt: skip


def test_a_call_without_a_key_is_made_again_without_one() -> None:
    call = a_call(headers=[{"name": "Accept", "value": "*/*"}])
    assert "the-key" not in Again.of(call, "the-key").curl("http://localhost:8080/")


@pytest.mark.parametrize(
    "call",
    [
        a_call('{"client_secret": "[redacted]"}'),
        a_call("[withheld: it may hold a secret]", bodyBytes=3),
        {**a_call(), "path": "/v1/x?token=[redacted]"},
    ],
)
def test_a_call_whose_secret_was_not_kept_cannot_be_made_again(call: dict[str, Any]) -> None:
    assert Again.of(call, "the-key").secret
    assert not Again.of(a_call("{}"), "the-key").secret


def test_a_body_that_is_no_text_is_made_again_byte_by_byte() -> None:
    again = Again.of(a_call("/wA=", bodyEncoding="base64", bodyBytes=2), "the-key")
    assert again.body == b"\xff\x00"
    assert not again.secret


def test_what_cannot_be_sent_says_why() -> None:
    assert "refused" in send(Again("GET", "/", [], b"", secret=False), "127.0.0.1", 1).lower()
    assert send(Again("GET", "/ x\n", [], b"", secret=False), "127.0.0.1", 1)
