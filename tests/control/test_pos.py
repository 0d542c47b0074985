from typing import Any

from tests.control.acting import SKU, STORE, physical, report
from tests.control.stage import CONTROL, STORE_KEY, Stage

STOCK, CHANGES = f"{CONTROL}/pos/stock", f"{CONTROL}/pos/changes"
OTHER = "SKU-00002"


def sell(stage: Stage, units: int = 1, sku: str = SKU, store_id: str = STORE) -> None:
    stage.done("/till/sales", {"storeId": store_id, "lines": [{"sku": sku, "quantity": units}]})


def changes(stage: Stage, cursor: str | None = None, filters: str = "") -> tuple[list[Any], str]:
    page = stage.look(f"{CHANGES}?limit=100{filters}" + (f"&cursor={cursor}" if cursor else ""))
    return page["items"], page["nextCursor"]


def ship(stage: Stage) -> str:
    """A client's store hands a parcel over; its id."""
    order = stage.look("/v1/orders?status=ACKNOWLEDGED&limit=1")["items"][0]
    line = order["lines"][0]
    part = next(part for part in line["allocations"] if part["status"] == "ALLOCATED")
    body = {
        "orderId": order["orderId"],
        "storeId": part["storeId"],
        "lines": [{"lineId": line["lineId"], "quantity": 1}],
        "carrier": "DHL",
        "trackingNumber": "0000000042",
        "shippedAt": stage.look("/_sandbox/v1/tenants/default/clock", key=None)["now"],
        "packages": [{"weightGrams": 900}],
    }
    got = stage.call("POST", "/v1/shipments", body, key="acorn-key")
    assert got.status == 201, got.json
    return str(got.json["shipmentId"])


def test_the_feed_belongs_to_the_marketplaces_clients(stage: Stage) -> None:
    for path in (STOCK, CHANGES):
        assert stage.call("GET", path).status == 401
        assert stage.call("GET", path, key="acorn-reader-key").status == 200
        assert stage.call("GET", path, key="acorn-suspended-key").status == 403


def test_a_bearer_token_opens_it_too(stage: Stage) -> None:
    login = {"grant_type": "client_credentials", "client_id": "acorn-sandbox", "client_secret": "acorn-secret"}
    token = stage.call("POST", "/v1/oauth/token", login).json["access_token"]
    assert stage.call("GET", STOCK, Authorization=f"Bearer {token}").status == 200


def test_the_credential_picks_the_tenant(stage: Stage) -> None:
    made = stage.call("POST", f"{CONTROL}/tenants", {"name": "other"}).json
    key = made["credentials"][0]["apiKey"]
    sell(stage)
    assert stage.look(CHANGES, key=key)["items"] == []
    assert len(changes(stage)[0]) == 1
    assert stage.call("DELETE", f"{CONTROL}/tenants/other").status == 204


def test_a_clerk_of_one_store_reads_the_whole_chains_feed(stage: Stage) -> None:
    sell(stage, store_id="S0002", sku=in_store(stage, "S0002"))
    assert stage.look(CHANGES, key=STORE_KEY)["items"][0]["storeId"] == "S0002"


def in_store(stage: Stage, store_id: str) -> str:
    items = stage.look(f"{STOCK}?storeId={store_id}&limit=100")["items"]
    return next(str(item["sku"]) for item in items if item["onHand"] > 1)


def test_stock_is_what_is_really_there(stage: Stage) -> None:
    before = physical(stage)["physical"]
    sell(stage, 2)
    (item,) = stage.look(f"{STOCK}?storeId={STORE}&sku={SKU}")["items"]
    assert item["onHand"] == before - 2


def test_what_the_feed_says_is_taken_by_the_marketplace_as_it_stands(stage: Stage) -> None:
    sell(stage, 2)
    page = stage.look(f"{STOCK}?limit=100")
    assert set(report(stage, page["items"])) == {"ACCEPTED"}
    assert physical(stage)["phantom"] == 0


def test_a_change_is_taken_as_it_stands_and_a_late_one_does_no_harm(stage: Stage) -> None:
    sell(stage, 1)
    sell(stage, 1)
    found, _ = changes(stage)
    assert report(stage, [found[1], found[0]]) == ["ACCEPTED", "REJECTED"]
    assert physical(stage)["phantom"] == 0


def test_counts_that_have_not_changed_can_be_reported_again_later(stage: Stage) -> None:
    first = stage.look(f"{STOCK}?limit=3")["items"]
    assert set(report(stage, first)) == {"ACCEPTED"}
    stage.wait("PT1M")
    again = stage.look(f"{STOCK}?limit=3")["items"]
    assert set(report(stage, again)) == {"ACCEPTED"}
    assert [item["onHand"] for item in again] == [item["onHand"] for item in first]


def test_changes_come_in_order_each_once_and_go_on_from_an_empty_page(stage: Stage) -> None:
    nothing, cursor = changes(stage)
    assert nothing == []
    sell(stage, 1)
    first, cursor = changes(stage, cursor)
    assert changes(stage, cursor)[0] == []
    sell(stage, 2)
    sell(stage, 1, OTHER)
    later, _ = changes(stage, cursor)
    assert [(change["sku"], change["delta"]) for change in first + later] == [(SKU, -1), (SKU, -2), (OTHER, -1)]
    assert [change["number"] for change in first + later] == [1, 2, 3]
    sequences = [change["sequence"] for change in first + later]
    assert sequences == sorted(set(sequences))


def test_pages_of_changes_are_as_long_as_asked_for(stage: Stage) -> None:
    for _ in range(3):
        sell(stage)
    page = stage.look(f"{CHANGES}?limit=2")
    rest = stage.look(f"{CHANGES}?limit=2&cursor={page['nextCursor']}")
    assert [change["number"] for change in page["items"]] == [1, 2]
    assert [change["number"] for change in rest["items"]] == [3]


def test_changes_can_be_followed_for_a_store_or_a_sku(stage: Stage) -> None:
    other = in_store(stage, "S0003")
    _, cursor = changes(stage, filters="&storeId=S0003")
    sell(stage)
    sell(stage, sku=other, store_id="S0003")
    sell(stage, sku=OTHER)
    assert [change["storeId"] for change in changes(stage, cursor, "&storeId=S0003")[0]] == ["S0003"]
    assert [change["sku"] for change in changes(stage, filters=f"&sku={OTHER}&storeId={STORE}")[0]] == [OTHER]


def test_a_cursor_is_good_for_its_filters_alone(stage: Stage) -> None:
    _, cursor = changes(stage)
    got = stage.call("GET", f"{CHANGES}?storeId={STORE}&cursor={cursor}", key="acorn-key")
    assert (got.status, got.json["code"]) == (400, "CURSOR_MISMATCH")


def test_shipments_are_changes_and_reports_are_none(stage: Stage) -> None:
    shipment_id = ship(stage)
    (change,), cursor = changes(stage)
    assert (change["delta"], change["cause"], change["reference"]) == (-1, "SHIPMENT", shipment_id)
    item = {**change, "onHand": change["onHand"] + 5}
    assert report(stage, [item]) == ["ACCEPTED"]
    assert changes(stage, cursor)[0] == []


def test_a_change_at_the_till_is_for_nothing_but_itself(stage: Stage) -> None:
    sell(stage)
    (change,), _ = changes(stage)
    assert (change["cause"], "reference" in change) == ("WALK_IN_SALE", False)


def test_a_client_that_follows_the_changes_knows_every_count(stage: Stage) -> None:
    page = stage.look(f"{STOCK}?limit=100&storeId={STORE}")
    mirror = {item["sku"]: item["onHand"] for item in page["items"]}
    sell(stage, 3)
    stage.done("/till/counts", {"storeId": STORE, "counts": [{"sku": OTHER, "units": 77}]})
    ship(stage)
    for change in changes(stage, filters=f"&storeId={STORE}")[0]:
        mirror[change["sku"]] = change["onHand"]
    after = stage.look(f"{STOCK}?limit=100&storeId={STORE}")
    assert mirror == {item["sku"]: item["onHand"] for item in after["items"]}
