"""What only one of the workers may do: webhooks, and clocks that run."""

from tests.receiver import receiving
from tests.workers.cluster import Cluster, at_once

ORDERS = 12
SCALE = 3600.0


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
