import httpx
import pytest

from sandbox_server.testing import Marketplace


def acknowledge(marketplace: Marketplace, order_id: str, key: str) -> httpx.Response:
    """Stands for your integration: it repeats a call whose answer was lost, with the same key."""
    url = f"{marketplace.url}/orders/{order_id}/acknowledgements"
    headers = {"X-Api-Key": marketplace.api_key, "Idempotency-Key": key}
    body = {"lines": [{"lineId": "1", "decision": "ACCEPT"}]}
    try:
        return httpx.post(url, json=body, headers=headers)
    except httpx.RemoteProtocolError:
        return httpx.post(url, json=body, headers=headers)


def test_an_answer_that_was_lost_is_asked_for_again(marketplace: Marketplace) -> None:
    order = marketplace.place_order({"SKU-00001": 1})
    marketplace.faults.add("acknowledgeOrder", "lostResponse", max_count=1)

    assert acknowledge(marketplace, order.order_id, "ack-1").status_code == 200

    lost, repeated = marketplace.journal.calls("acknowledgeOrder")
    assert (lost.verdict, repeated.verdict, repeated.replayed) == ("FAULT", "ANSWERED", True)
    assert marketplace.audit().holds


@pytest.mark.marketplace(seed=7)
def test_a_store_that_does_not_answer_loses_the_order(marketplace: Marketplace) -> None:
    order = marketplace.place_order({"SKU-00001": 1})
    happened = marketplace.settle()
    assert order.order_id in {due.subject for due in happened.ran if due.kind == "ACKNOWLEDGE_BY"}
