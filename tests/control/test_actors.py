import pytest

from tests.control.acting import SKU, STORE, physical
from tests.control.stage import KEY, NEVER, TENANT, Stage, faults_in

BUYER = {
    "name": "Zoë Núñez 🌻",
    "email": "zoe@example.com",
    "phone": "+1 212 555 0142",
    "address": {
        "line1": "853 Broadway",
        "line2": "Floor 2",
        "city": "New York",
        "region": "NY",
        "postalCode": "10003",
        "country": "US",
        "location": {"latitude": 40.733, "longitude": -73.99},
    },
}
LINES = [{"sku": SKU, "quantity": 2}]


def first_parcel(stage: Stage, status: str) -> str:
    return str(stage.look(f"/v1/shipments?status={status}&limit=1")["items"][0]["shipmentId"])


def a_bought_order(stage: Stage) -> str:
    """An order of which a part has been shipped and nothing has come back."""
    returned = {rma["orderId"] for rma in stage.look("/v1/returns?limit=100")["items"]}
    delivered = stage.look("/v1/orders?status=DELIVERED&limit=100")["items"]
    return next(str(order["orderId"]) for order in delivered if order["orderId"] not in returned)


# Buyers


def test_a_given_order_comes_to_the_client_as_it_was_given(stage: Stage) -> None:
    body = {"buyer": BUYER, "lines": LINES, "serviceLevel": "EXPEDITED"}
    (placed,) = stage.done("/buyers/orders", body)["items"]
    seen = stage.order(placed["orderId"])
    assert seen["buyer"] == BUYER
    assert (seen["status"], seen["serviceLevel"]) == ("NEW", "EXPEDITED")
    assert [(line["sku"], line["quantity"]) for line in seen["lines"]] == [(SKU, 2)]
    assert placed["storeIds"] == [part["storeId"] for part in seen["lines"][0]["allocations"]]
    assert placed["placedAt"] == seen["placedAt"]


def test_a_given_order_may_be_placed_many_times(stage: Stage) -> None:
    placed = stage.done("/buyers/orders", {"count": 45, "buyer": BUYER, "lines": [{"sku": SKU, "quantity": 1}]})[
        "items"
    ]
    assert len({order["orderId"] for order in placed}) == 45


def test_random_orders_are_the_same_for_the_same_seed_and_calls(stage: Stage) -> None:
    first = stage.done("/buyers/orders", {"count": 30})
    again = stage.done("/buyers/orders", {"count": 30})
    stage.reset()
    assert stage.done("/buyers/orders", {"count": 30}) == first != again


def test_random_orders_are_those_of_this_chains_buyers_and_stores_can_serve_nearly_all(stage: Stage) -> None:
    known = {order["buyer"]["email"] for page in pages(stage, "/v1/orders") for order in page}
    placed = stage.done("/buyers/orders", {"count": 100})["items"]
    assert {stage.order(order["orderId"])["buyer"]["email"] for order in placed} <= known
    assert sum(order["status"] == "NEW" for order in placed) > 90
    assert len({store_id for order in placed for store_id in order["storeIds"]}) > 2
    assert stage.broken() == []


def pages(stage: Stage, path: str) -> list[list[dict[str, dict[str, str]]]]:
    found, cursor = [], ""
    while True:
        page = stage.look(f"{path}?limit=100{cursor}")
        found.append(page["items"])
        if "nextCursor" not in page:
            return found
        cursor = f"&cursor={page['nextCursor']}"


def test_an_order_says_which_buyers_call_placed_it(stage: Stage) -> None:
    got = stage.play("/buyers/orders", {"count": 1}, X_Request_Id="set-up-0001")
    (placed,) = got.json["items"]
    assert stage.order(placed["orderId"])["history"][0]["cause"] == "buyer:set-up-0001"


def test_the_same_key_places_its_orders_once(stage: Stage) -> None:
    first = stage.play("/buyers/orders", {"count": 2}, Idempotency_Key="buyers-1")
    again = stage.play("/buyers/orders", {"count": 2}, Idempotency_Key="buyers-1")
    assert again.json == first.json
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("lines", [[{"sku": SKU, "quantity": 1}, {"sku": "SKU-NONE", "quantity": 1}]])
def test_an_order_for_what_is_not_sold_is_refused_and_places_nothing(stage: Stage, lines: object) -> None:
    before = stage.look(TENANT, key=None)["counts"]
    got = stage.play("/buyers/orders", {"count": 3, "lines": lines})
    assert (got.status, faults_in(got)) == (422, [("/lines/1/sku", "UNKNOWN_SKU")])
    assert stage.look(TENANT, key=None)["counts"] == before


def test_a_buyer_cancels_and_the_client_sees_who_did(stage: Stage) -> None:
    (placed,) = stage.done("/buyers/orders", {"lines": LINES})["items"]
    cancelled = stage.done("/buyers/cancellations", {"orderId": placed["orderId"]})
    assert (cancelled["status"], cancelled["storeIds"]) == ("CANCELLED", [])
    assert stage.order(placed["orderId"])["cancellation"]["by"] == "BUYER"


def test_a_buyer_cancels_a_line(stage: Stage) -> None:
    lines = [{"sku": SKU, "quantity": 1}, {"sku": SKU, "quantity": 2}]
    (placed,) = stage.done("/buyers/orders", {"lines": lines})["items"]
    assert stage.done("/buyers/cancellations", {"orderId": placed["orderId"], "lineIds": ["2"]})["status"] == "NEW"
    assert [line["cancelledQuantity"] for line in stage.order(placed["orderId"])["lines"]] == [0, 2]


def test_a_buyer_does_not_cancel_what_has_left(stage: Stage) -> None:
    got = stage.play("/buyers/cancellations", {"orderId": a_bought_order(stage)})
    assert (got.status, got.json["code"]) == (409, "ILLEGAL_TRANSITION")


def test_a_buyer_brings_goods_back_and_the_client_sees_where(stage: Stage) -> None:
    order_id = a_bought_order(stage)
    body = {"orderId": order_id, "storeId": STORE, "reason": "LATE", "lines": [{"lineId": "1", "quantity": 1}]}
    rma = stage.done("/buyers/returns", body)
    assert (rma["orderId"], rma["status"]) == (order_id, "AUTHORISED")
    seen = stage.look(f"/v1/returns/{rma['returnId']}")
    assert seen["openedAtStore"] == STORE
    assert [(line["lineId"], line["quantity"], line["reason"]) for line in seen["lines"]] == [("1", 1, "LATE")]


def test_a_buyer_brings_back_all_there_is_once(stage: Stage) -> None:
    order_id = a_bought_order(stage)
    stage.done("/buyers/returns", {"orderId": order_id})
    got = stage.play("/buyers/returns", {"orderId": order_id})
    assert (got.status, faults_in(got)) == (422, [("/orderId", "NOT_SHIPPED")])


# The carrier


def test_the_carrier_delivers_now(stage: Stage) -> None:
    parcel = first_parcel(stage, "IN_TRANSIT")
    for status in ("OUT_FOR_DELIVERY", "DELIVERED"):
        assert stage.done("/carrier/events", {"shipmentId": parcel, "status": status})["status"] == status
    assert stage.look(f"/v1/shipments/{parcel}")["trackingEvents"][-1]["status"] == "DELIVERED"


def test_a_lost_parcel_stays_where_it_was_seen_last(stage: Stage) -> None:
    parcel = first_parcel(stage, "IN_TRANSIT")
    before = stage.look(f"/v1/shipments/{parcel}")
    assert stage.done("/carrier/losses", {"shipmentId": parcel})["status"] == "IN_TRANSIT"
    stage.wait("P30D")
    assert stage.look(f"/v1/shipments/{parcel}") == before


def test_a_damaged_parcel_goes_back(stage: Stage) -> None:
    parcel = first_parcel(stage, "IN_TRANSIT")
    assert stage.done("/carrier/damages", {"shipmentId": parcel})["status"] == "RETURN_TO_SENDER"
    assert stage.broken() == []


@pytest.mark.parametrize("mishap", ["/carrier/losses", "/carrier/damages"])
def test_nothing_happens_to_a_parcel_that_has_arrived(stage: Stage, mishap: str) -> None:
    got = stage.play(mishap, {"shipmentId": first_parcel(stage, "DELIVERED")})
    assert (got.status, got.json["code"]) == (409, "ILLEGAL_TRANSITION")


# Tills and stores


def test_a_sale_at_the_till_makes_phantom_stock(stage: Stage) -> None:
    before = physical(stage)["physical"]
    sold = stage.done("/till/sales", {"storeId": STORE, "lines": LINES})
    assert sold == {"storeId": STORE, "items": [{"sku": SKU, "before": before, "after": before - 2}]}
    assert physical(stage) == {
        "storeId": STORE,
        "sku": SKU,
        "physical": before - 2,
        "reported": before,
        "phantom": 2,
    }


def test_a_till_does_not_sell_what_is_not_there(stage: Stage) -> None:
    got = stage.play("/till/sales", {"storeId": STORE, "lines": [{"sku": SKU, "quantity": 1_000_000}]})
    assert (got.status, got.json["code"]) == (409, "INSUFFICIENT_STOCK")


def test_a_count_says_what_is_there(stage: Stage) -> None:
    stage.done("/till/counts", {"storeId": STORE, "counts": [{"sku": SKU, "units": 3}]})
    assert physical(stage)["physical"] == 3
    assert stage.broken() == []


def test_at_first_everything_is_as_it_was_reported(stage: Stage) -> None:
    page = stage.look(f"{TENANT}/till/stock?limit=100", key=None)
    assert {item["phantom"] for item in page["items"]} == {0}
    following = stage.look(f"{TENANT}/till/stock?limit=100&cursor={page['nextCursor']}", key=None)
    seen = [(item["storeId"], item["sku"]) for item in page["items"] + following["items"]]
    assert len(set(seen)) == len(seen) > 100


def test_a_store_closes_and_opens(stage: Stage) -> None:
    assert waiting(stage, STORE) > 0
    assert stage.done(f"/stores/{STORE}/close") == {"storeId": STORE, "status": "CLOSED"}
    assert stage.look(f"/v1/stores/{STORE}")["status"] == "CLOSED"
    assert waiting(stage, STORE) == 0
    assert stage.done(f"/stores/{STORE}/open") == {"storeId": STORE, "status": "ACTIVE"}


def waiting(stage: Stage, store_id: str) -> int:
    """How many shares of orders wait for a store's acknowledgement."""
    orders = stage.look(f"/v1/orders?storeId={store_id}&status=NEW&limit=100")["items"]
    shares = [part for order in orders for line in order["lines"] for part in line["allocations"]]
    return sum((part["storeId"], part["status"]) == (store_id, "RESERVED") for part in shares)


# Who and what there is not

UNKNOWN = [
    ("/buyers/cancellations", {"orderId": NEVER}),
    ("/buyers/returns", {"orderId": NEVER}),
    ("/carrier/events", {"shipmentId": "shp_0000zz", "status": "DELIVERED"}),
    ("/carrier/losses", {"shipmentId": "shp_0000zz"}),
    ("/carrier/damages", {"shipmentId": "shp_0000zz"}),
    ("/till/sales", {"storeId": "S9999", "lines": LINES}),
    ("/till/counts", {"storeId": "S9999", "counts": [{"sku": SKU, "units": 1}]}),
    ("/stores/S9999/close", None),
    ("/stores/S9999/open", None),
]


@pytest.mark.parametrize(("path", "body"), UNKNOWN, ids=[path for path, _ in UNKNOWN])
def test_actors_know_what_they_deal_with(stage: Stage, path: str, body: object) -> None:
    got = stage.play(path, body)
    assert (got.status, got.json["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(("path", "body"), [*UNKNOWN, ("/buyers/orders", {"count": 1})])
def test_nobody_acts_in_a_tenant_that_there_is_not(stage: Stage, path: str, body: object) -> None:
    assert stage.call("POST", f"/_sandbox/v1/tenants/nobody{path}", body).status == 404


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/buyers/orders", {"count": 0}, "/count"),
        ("/buyers/orders", {"count": 1001}, "/count"),
        ("/buyers/orders", {"lines": [{"sku": SKU, "quantity": 0}]}, "/lines/0/quantity"),
        ("/buyers/orders", {"byuer": BUYER}, "/byuer"),
        ("/carrier/events", {"shipmentId": "shp_0000zz", "status": "LOST"}, "/status"),
        ("/till/counts", {"storeId": STORE, "counts": [{"sku": SKU, "units": -1}]}, "/counts/0/units"),
    ],
)
def test_bad_requests_are_refused_by_name(stage: Stage, path: str, body: object, pointer: str) -> None:
    got = stage.play(path, body)
    assert got.status == 400
    assert [fault[0] for fault in faults_in(got)] == [pointer]


def test_clients_of_the_marketplace_are_told_of_what_actors_did_and_of_no_actors(stage: Stage) -> None:
    stage.done("/till/sales", {"storeId": STORE, "lines": LINES})
    movements = stage.call("GET", "/v1/inventory/movements?cause=WALK_IN_SALE", key=KEY).json
    assert movements["items"] == []
