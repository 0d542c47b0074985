"""Two workers have one marketplace: whoever is asked answers as the other would."""

from collections import Counter

from tests.receiver import receiving
from tests.workers.cluster import SKU, STORE, Cluster, at_once, report, shipment

STOCK = 20
CLIENTS = 32
ORDERS = 12
SCALE = 3600.0


def on_hand(pair: Cluster) -> int:
    found: int = pair.call("GET", f"/inventory/{SKU}").json()["stores"][0]["onHand"]
    return found


def test_what_one_worker_writes_any_worker_reads(pair: Cluster) -> None:
    for number in range(20):
        assert pair.call("PUT", "/inventory", json=report(number + 100, 1_000 + number)).status_code == 200
        assert on_hand(pair) == number + 100


def test_what_is_left_on_the_shelf_leaves_once_however_many_clients_want_it(pair: Cluster) -> None:
    assert pair.call("PUT", "/inventory", json=report(STOCK, 2_000)).json()["accepted"] == 1
    waiting = pair.orders("ACKNOWLEDGED")[:64]

    def ship(number: int) -> int:
        return pair.call("POST", "/shipments", json=shipment(waiting[number], number)).status_code

    assert Counter(at_once(CLIENTS, ship, len(waiting))) == {201: STOCK, 409: len(waiting) - STOCK}
    assert on_hand(pair) == 0
    assert pair.audit() == []


def test_one_key_has_one_effect_whichever_workers_it_comes_to(pair: Cluster) -> None:
    assert pair.call("PUT", "/inventory", json=report(1_000, 3_000)).json()["accepted"] == 1
    body = shipment(pair.orders("ACKNOWLEDGED")[-1], 5_000)
    headers = {"idempotency-key": "once"}
    answers = at_once(8, lambda _: pair.call("POST", "/shipments", json=body, headers=headers), 24)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 23


def test_a_token_is_good_at_every_worker(pair: Cluster) -> None:
    form = {"grant_type": "client_credentials", "client_id": "acorn-sandbox", "client_secret": "acorn-secret"}
    for _ in range(8):
        token = pair.call("POST", "/oauth/token", data=form).json()["access_token"]
        headers = {"authorization": f"Bearer {token}", "x-api-key": ""}
        assert pair.call("GET", "/orders", headers=headers).status_code == 200


def test_request_ids_are_of_one_kind_each(pair: Cluster) -> None:
    ids = at_once(8, lambda _: pair.call("GET", "/health").headers["x-request-id"], 40)
    assert len(set(ids)) == 40


def test_every_call_is_in_one_journal_with_a_whole_chain(pair: Cluster) -> None:
    calls = at_once(8, lambda number: pair.call("GET", "/stores", headers={"x-request-id": f"seen-{number}"}), 40)
    assert {call.status_code for call in calls} == {200}
    seen: list[str] = []
    for _ in range(8):
        page = pair.call("GET", "/tenants/default/journal", params={"operation": "listStores", "limit": 100}).json()
        seen = [call["requestId"] for call in page["items"] if call["requestId"].startswith("seen-")]
        assert len(seen) == 40
    assert sorted(seen) == sorted(f"seen-{number}" for number in range(40))
    assert pair.call("POST", "/tenants/default/journal/verify").json()["whole"]


def test_a_tenant_that_one_worker_makes_is_there_at_all_of_them(pair: Cluster) -> None:
    made = pair.call("POST", "/tenants", json={}).json()
    key = made["credentials"][0]["apiKey"]
    answers = at_once(8, lambda _: pair.call("GET", "/stores", headers={"x-api-key": key}).status_code, 16)
    assert set(answers) == {200}
    assert pair.call("DELETE", f"/tenants/{made['name']}").status_code == 204
    answers = at_once(8, lambda _: pair.call("GET", "/stores", headers={"x-api-key": key}).status_code, 16)
    assert set(answers) == {401}


def test_tenants_that_are_made_at_once_have_names_and_clients_of_their_own(pair: Cluster) -> None:
    made = at_once(8, lambda _: pair.call("POST", "/tenants", json={}), 8)
    assert {answer.status_code for answer in made} == {201}
    assert len({answer.json()["name"] for answer in made}) == 8


def test_a_rule_plays_as_often_as_it_says_over_all_workers(pair: Cluster) -> None:
    rule = {"id": "few", "match": {"operation": "listProducts"}, "maxCount": 5, "effect": {"error": {"status": 503}}}
    assert pair.call("POST", "/tenants/default/faults", json=rule).status_code == 201
    statuses = Counter(at_once(16, lambda _: pair.call("GET", "/products").status_code, 48))
    assert statuses == {503: 5, 200: 43}
    found = pair.call("GET", "/tenants/default/faults/few").json()
    assert (found["matched"], found["played"]) == (48, 5)
    assert pair.call("DELETE", "/tenants/default/faults").status_code == 204


def test_a_bucket_has_as_many_calls_as_it_says_over_all_workers(pair: Cluster) -> None:
    assert pair.call("PUT", "/tenants/default/throttles", json={"profile": "default"}).status_code == 200
    statuses = Counter(at_once(16, lambda _: pair.call("GET", "/products").status_code, 40))
    left = {one["operationId"]: one for one in pair.call("GET", "/rate-limits").json()["operations"]}["listProducts"]
    assert pair.call("PUT", "/tenants/default/throttles", json={"profile": "off"}).status_code == 200
    assert statuses == {200: 10, 429: 30}
    assert left["remaining"] == 0


def test_time_that_is_moved_at_one_worker_has_passed_at_all(pair: Cluster) -> None:
    now = pair.call("GET", "/tenants/default/clock").json()["now"]
    for _ in range(6):
        moved = pair.call("POST", "/tenants/default/clock/advance", json={"by": "PT1H"}).json()
        assert (moved["from"], pair.call("GET", "/tenants/default/clock").json()["now"]) == (now, moved["to"])
        now = moved["to"]
    assert pair.audit() == []


def test_a_world_goes_back_to_a_snapshot_at_all_workers(pair: Cluster) -> None:
    taken = pair.call("POST", "/tenants/default/snapshots", json={}).json()["snapshotId"]
    before = pair.call("GET", f"/stores/{STORE}").json()["name"]
    assert pair.call("PATCH", f"/stores/{STORE}", json={"name": "Another"}).status_code == 200
    assert pair.call("POST", f"/tenants/default/snapshots/{taken}/restore").status_code == 200
    names = at_once(8, lambda _: pair.call("GET", f"/stores/{STORE}").json()["name"], 16)
    assert set(names) == {before}


def key_of(pair: Cluster, name: str) -> dict[str, str]:
    found = pair.call("GET", f"/tenants/{name}").json()["credentials"]
    return {"x-api-key": next(one["apiKey"] for one in found if one["clientId"].startswith("acorn-sandbox"))}


def test_each_event_is_posted_once_though_every_worker_knows_of_it(pair: Cluster) -> None:
    name = pair.call("POST", "/tenants", json={}).json()["name"]
    headers = key_of(pair, name)
    with receiving() as receiver:
        asked = {"url": receiver.url, "eventTypes": ["order.created"]}
        assert pair.call("POST", "/subscriptions", json=asked, headers=headers).status_code == 201
        at_once(4, lambda _: pair.call("POST", f"/tenants/{name}/buyers/orders", json={"count": 1}), ORDERS)
        for _ in range(4):
            settled = pair.call("POST", f"/tenants/{name}/clock/advance", json={"by": "PT0S"}).json()
            assert settled["webhooksUnderWay"] == 0
        received = [got.headers["webhook-id"] for got in receiver.received]
    assert len(received) == ORDERS
    assert len(set(received)) == ORDERS


def test_a_clock_that_runs_tells_one_time_at_all_workers_and_does_each_thing_once(pair: Cluster) -> None:
    name = pair.call("POST", "/tenants", json={}).json()["name"]
    headers = key_of(pair, name)
    pair.call("POST", f"/tenants/{name}/buyers/orders", json={"count": ORDERS})
    clock = pair.call("PUT", f"/tenants/{name}/clock", json={"mode": "SCALED", "scale": SCALE}).json()
    told = [clock["now"]]
    while told[-1] < "2026-11-28":
        told.append(pair.call("GET", f"/tenants/{name}/clock").json()["now"])
    assert told == sorted(told)
    assert pair.call("PUT", f"/tenants/{name}/clock", json={"mode": "FROZEN"}).status_code == 200
    events = pair.call("GET", "/events", params={"limit": "100", "type": "order.cancelled"}, headers=headers).json()[
        "items"
    ]
    cancelled = [event["data"]["orderId"] for event in events]
    assert cancelled
    assert len(cancelled) == len(set(cancelled))
    audit = pair.call("GET", f"/tenants/{name}/audit").json()
    assert audit["holds"], [one for one in audit["invariants"] if one["breaches"]]
