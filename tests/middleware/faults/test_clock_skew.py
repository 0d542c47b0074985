"""A marketplace whose clock is wrong, as its client sees it."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from tests.api.acorn.conformance import faults
from tests.middleware.faults.market import Market

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)


def skew(seconds: int) -> dict[str, dict[str, int]]:
    return {"clockSkew": {"seconds": seconds}}


def wire(at: datetime) -> str:
    return f"{at.isoformat(timespec='milliseconds')[:-6]}Z"


@pytest.mark.parametrize("seconds", [420, -420])
def test_headers_and_bodies_tell_the_wrong_time(market: Market, seconds: int) -> None:
    market.buy()
    plain = market.get("/orders")["items"][0]
    market.play(skew(seconds))
    answer = market.call("GET", "/orders")
    order, by = answer.json()["items"][0], timedelta(seconds=seconds)
    assert parsedate_to_datetime(answer.headers["date"]) == NOW + by
    assert order["placedAt"] == order["history"][0]["at"] == wire(NOW + by)
    assert datetime.fromisoformat(order["shipBy"]) == datetime.fromisoformat(plain["shipBy"]) + by
    assert market.get("/health")["time"] == wire(NOW + by)
    order.update({name: value for name, value in plain.items() if isinstance(value, str) and value[10:11] == "T"})
    assert order | {"history": [], "lines": []} == plain | {"history": [], "lines": []}


def test_when_it_ends_the_time_is_right_again(market: Market) -> None:
    market.play(skew(420), max_count=1)
    dates = [parsedate_to_datetime(market.call("GET", "/orders").headers["date"]) for _ in range(2)]
    assert dates == [NOW + timedelta(minutes=7), NOW]


@pytest.mark.parametrize("seconds", [420, -420])
def test_a_watermark_of_the_server_s_own_time_has_no_gap(market: Market, seconds: int) -> None:
    market.play(skew(seconds))
    placed, seen, watermark = [], set(), "2026-11-01T00:00:00Z"
    for _ in range(6):
        placed.append(market.buy())
        answer = market.call("GET", "/orders", updatedAfter=watermark)
        found = {order["orderId"] for order in answer.json()["items"]}
        assert len(found) <= 2, "what was seen before the last look is not seen again"
        seen |= found
        watermark = parsedate_to_datetime(answer.headers["date"]).isoformat()
        market.pass_time(minutes=1)
    assert seen == set(placed)


def test_a_cursor_is_good_for_the_filters_it_was_given_for(market: Market) -> None:
    placed = [market.buy() for _ in range(3)]
    market.play(skew(420))
    after = "2026-11-27T10:00:00-05:00"
    page = market.get("/orders", updatedAfter=after, limit=2)
    page = market.get("/orders", updatedAfter=after, limit=2, cursor=page["nextCursor"])
    assert [order["orderId"] for order in page["items"]] == placed[2:]


def test_a_client_with_the_right_time_is_in_the_future_of_a_server_that_is_behind(market: Market) -> None:
    item = {"storeId": "S0001", "sku": "SKU-1", "onHand": 7, "sequence": 9, "asOf": wire(NOW)}
    market.play(skew(-420), max_count=1)
    result = market.call("PUT", "/inventory", {"items": [item]}).json()
    assert result["items"][0]["code"] == "AS_OF_IN_FUTURE"
    assert market.call("PUT", "/inventory", {"items": [item]}).json()["accepted"] == 1


def test_what_a_client_says_comes_back_as_it_said_it(market: Market) -> None:
    item = {"storeId": "S0001", "sku": "SKU-1", "onHand": 7, "sequence": 9, "asOf": "2026-11-27T09:55:00-05:00"}
    market.play(skew(420))
    assert market.call("PUT", "/inventory", {"items": [item]}).json()["accepted"] == 1
    (level,) = market.get("/inventory", storeId="S0001", sku="SKU-1")["items"]
    assert level["asOf"] == "2026-11-27T14:55:00.000Z"


def test_a_day_that_no_calendar_has_is_refused_as_ever(market: Market) -> None:
    market.play(skew(420))
    for wrong in ("2026-02-30T00:00:00Z", "9999-12-31T23:59:59Z"):
        item = {"storeId": "S0001", "sku": "SKU-1", "onHand": 7, "sequence": 9, "asOf": wrong}
        answer = market.call("PUT", "/inventory", {"items": [item]})
        assert answer.status_code == 400 or answer.json()["rejected"] == 1
    assert faults(market.call("GET", "/orders", updatedAfter="2026-02-30T00:00:00Z"), 400, "INVALID_REQUEST")


def test_a_parameter_that_is_repeated_is_refused_as_ever(market: Market) -> None:
    market.play(skew(420))
    after = "updatedAfter=2026-11-27T15:00:00Z"
    answer = market.send("GET", f"/orders?{after}&{after}", b"", {"x-api-key": "acorn-key"})
    assert faults(answer, 400, "INVALID_REQUEST") == [("updatedAfter", "REPEATED")]


def test_a_label_comes_as_it_is(market: Market) -> None:
    order_id = market.buy()
    market.accept(order_id)
    path = f"/shipments/{market.ship(order_id).json()['shipmentId']}/label"
    plain = market.call("GET", path).content
    market.play(skew(420))
    assert market.call("GET", path).content == plain


def test_a_token_lasts_an_hour_by_any_clock(market: Market) -> None:
    market.play(skew(3600))
    client = {"grant_type": "client_credentials", "client_id": "acorn-sandbox", "client_secret": "acorn-secret"}
    token = market.post("/oauth/token", client).json()
    assert token["expires_in"] == 3600
    answer = market.send("GET", "/orders", b"", {"authorization": f"Bearer {token['access_token']}"})
    assert answer.status_code == 200
