"""Orders that are not all the caller's own: a credential bound to a store acts for that store alone."""

from tests.api.acorn.conformance import problem
from tests.api.acorn.sandbox import STORE_KEY, Sandbox
from tests.api.acorn.shop import accept, acknowledged, buy, report


def test_a_bound_credential_acts_for_its_own_store_alone(shop: Sandbox) -> None:
    own, foreign = buy(shop, ("SKU-1", 10)), buy(shop, ("SKU-1", 3))
    for step, body in (("acknowledgements", accept(foreign)), ("cancellations", {"reason": "OTHER"})):
        answer = shop.post(f"/orders/{foreign.order_id}/{step}", body, key=STORE_KEY)
        assert problem(answer, 403, "STORE_NOT_YOURS")["detail"] == "The credential may not act for store S0002."
        assert shop.post(f"/orders/{own.order_id}/{step}", body, key=STORE_KEY).status_code == 200


def test_a_bound_credential_may_not_answer_for_a_store_that_it_names(shop: Sandbox) -> None:
    order = buy(shop, ("SKU-1", 15))
    line = {"lineId": "1", "decision": "ACCEPT"}
    path = f"/orders/{order.order_id}/acknowledgements"
    problem(shop.post(path, {"lines": [line]}, key=STORE_KEY), 403, "STORE_NOT_YOURS")
    problem(shop.post(path, {"lines": [line | {"storeId": "S0002"}]}, key=STORE_KEY), 403, "STORE_NOT_YOURS")
    assert shop.post(path, {"lines": [line | {"storeId": "S0001"}]}, key=STORE_KEY).status_code == 200


def test_what_a_bound_credential_leaves_alone_may_be_another_stores(shop: Sandbox) -> None:
    for store_id, sku in (("S0001", "SKU-2"), ("S0002", "SKU-1")):
        shop.call("PUT", "/inventory", report(storeId=store_id, sku=sku, onHand=0))
    order = buy(shop, ("SKU-1", 1), ("SKU-2", 1))
    assert order.store_ids == ["S0001", "S0002"]
    path = f"/orders/{order.order_id}"
    mine = {"lines": [{"lineId": "1", "decision": "ACCEPT"}]}
    problem(shop.post(f"{path}/acknowledgements", accept(order), key=STORE_KEY), 403, "STORE_NOT_YOURS")
    assert shop.post(f"{path}/acknowledgements", mine, key=STORE_KEY).status_code == 200
    whole, part = {"reason": "OTHER"}, {"reason": "OTHER", "lines": [{"lineId": "1"}]}
    problem(shop.post(f"{path}/cancellations", whole, key=STORE_KEY), 403, "STORE_NOT_YOURS")
    assert shop.post(f"{path}/cancellations", part, key=STORE_KEY).status_code == 200


def test_a_bound_credential_cannot_cancel_what_another_store_has_acknowledged(shop: Sandbox) -> None:
    buy(shop, ("SKU-1", 10))
    order_id = acknowledged(shop, ("SKU-1", 3))
    answer = shop.post(f"/orders/{order_id}/cancellations", {"reason": "OTHER"}, key=STORE_KEY)
    problem(answer, 403, "STORE_NOT_YOURS")
