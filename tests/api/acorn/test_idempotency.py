"""One effect for each idempotency key, whatever happens between the first answer and the repetition."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.requests import POSTS, SAMPLES, WITH_BODY, Sample
from tests.api.acorn.sandbox import STORE_KEY, Sandbox
from tests.api.acorn.shop import acknowledged, buy, level, new_store, report, shipment

KEY = "9f2b6f0e-6a3c-4c55-9d0f-2f1f0b7c1a44"
OF_THE_CALL = {"x-request-id", "idempotent-replayed"}


def headers_of_the_answer(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in OF_THE_CALL}


def replayed(answer: httpx.Response) -> bool:
    flag = answer.headers.get("idempotent-replayed")
    assert flag in (None, "true")
    return flag is not None


@pytest.mark.parametrize("operation_id", POSTS)
def test_the_same_call_again_gives_the_first_answer_again(shop: Sandbox, operation_id: str) -> None:
    sample = SAMPLES[operation_id](shop)
    first = shop.post(sample.path, sample.body, once=KEY)
    before = shop.digest()
    again = shop.post(sample.path, sample.body, once=KEY)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert headers_of_the_answer(again) == headers_of_the_answer(first)
    assert (replayed(first), replayed(again)) == (False, True)
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert shop.digest() == before


@pytest.mark.parametrize("operation_id", [name for name in POSTS if name in WITH_BODY])
def test_another_body_under_the_same_key_is_refused(shop: Sandbox, operation_id: str) -> None:
    sample = SAMPLES[operation_id](shop)
    shop.post(sample.path, sample.body, once=KEY)
    before = shop.digest()
    answer = shop.post(sample.path, _changed(sample), once=KEY)
    detail = problem(answer, 422, "IDEMPOTENCY_KEY_REUSED")["detail"]
    assert detail == f"Idempotency key '{KEY}' was used for another request. A new intent needs a new key."
    assert shop.digest() == before


def _changed(sample: Sample) -> Any:
    """Return another body that is as right by its form."""
    for name, value in (
        ("name", "Another"),
        ("note", "Another"),
        ("location", "Elsewhere"),
        ("trackingNumber", "9" * 10),
        ("number", "S0001-2026-00043"),
        ("dispatchedAt", "2026-11-27T14:59:59Z"),
        ("final", True),
        ("storeIds", ["S0001"]),
        ("url", "https://example.com/other"),
        ("company", "Another"),
        ("title", "Clerk"),
        ("planHash", "f" * 64),
    ):
        if name in sample.body or (name, sample.path.rpartition("/")[2]) in _MAY_HAVE:
            return {**sample.body, name: value}
    line = sample.body["lines"][0]
    return {**sample.body, "lines": [line, {**line, "lineId": "9"}]}


_MAY_HAVE = {("note", "cancellations"), ("note", "transfers"), ("storeIds", "reports"), ("location", "tracking-events")}


def test_the_same_body_written_otherwise_is_the_same_call(shop: Sandbox) -> None:
    order_id = acknowledged(shop, ("SKU-1", 1))
    body = shipment(order_id)
    first = shop.post("/shipments", body, once=KEY)
    written = {name: body[name] for name in reversed(body)}
    assert replayed(shop.post("/shipments", written, once=KEY))
    headers = {"idempotency-key": KEY, "content-type": "application/json; charset=UTF-8"}
    again = shop.call("POST", "/shipments", content=json.dumps(body, indent=4), headers=headers)
    assert replayed(again)
    assert again.content == first.content


def test_a_key_belongs_to_its_credential(shop: Sandbox) -> None:
    one, other = buy(shop, ("SKU-1", 1)), buy(shop, ("SKU-1", 1))
    body = {"lines": [{"lineId": "1", "decision": "ACCEPT"}]}
    first = shop.post(f"/orders/{one.order_id}/acknowledgements", body, once=KEY)
    second = shop.post(f"/orders/{other.order_id}/acknowledgements", body, once=KEY, key=STORE_KEY)
    assert (first.status_code, second.status_code) == (200, 200)
    assert not replayed(second)


def test_a_token_and_a_key_of_one_client_share_their_idempotency_keys(shop: Sandbox) -> None:
    client = {"grant_type": "client_credentials", "client_id": "acorn-sandbox", "client_secret": "acorn-secret"}
    token = shop.call("POST", "/oauth/token", client, key=None).json()["access_token"]
    shop.post("/stores", new_store(), once=KEY)
    headers = {"authorization": f"Bearer {token}", "idempotency-key": KEY}
    assert replayed(shop.call("POST", "/stores", new_store(), key=None, headers=headers))


def test_a_key_stands_for_one_operation_and_one_path(shop: Sandbox) -> None:
    one, other = buy(shop, ("SKU-1", 1)), buy(shop, ("SKU-1", 1))
    body = {"lines": [{"lineId": "1", "decision": "ACCEPT"}]}
    shop.post(f"/orders/{one.order_id}/acknowledgements", body, once=KEY)
    elsewhere = shop.post(f"/orders/{other.order_id}/acknowledgements", body, once=KEY)
    problem(elsewhere, 422, "IDEMPOTENCY_KEY_REUSED")
    problem(shop.post("/stores", new_store(), once=KEY), 422, "IDEMPOTENCY_KEY_REUSED")


def test_a_refused_call_is_not_recorded(shop: Sandbox) -> None:
    order_id = acknowledged(shop, ("SKU-1", 2))
    shop.call("PUT", "/inventory", report(onHand=0))
    problem(shop.post("/shipments", shipment(order_id), once=KEY), 409, "INSUFFICIENT_STOCK")
    shop.call("PUT", "/inventory", report(onHand=5, sequence=9))
    answer = shop.post("/shipments", shipment(order_id), once=KEY)
    assert (answer.status_code, replayed(answer)) == (201, False)
    assert level(shop, "S0001", "SKU-1") == (4, 0, 1)


def test_a_replay_shows_the_first_answer_though_the_world_has_moved_on(shop: Sandbox) -> None:
    order = buy(shop, ("SKU-1", 1))
    body = {"lines": [{"lineId": "1", "decision": "ACCEPT"}]}
    path = f"/orders/{order.order_id}"
    first = shop.post(f"{path}/acknowledgements", body, once=KEY)
    shop.pass_time(timedelta(hours=1))
    shop.post(f"{path}/cancellations", {"reason": "OTHER"})
    again = shop.post(f"{path}/acknowledgements", body, once=KEY)
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    assert again.json()["status"] == "ACKNOWLEDGED"
    assert shop.get(path).json()["status"] == "CANCELLED"
    assert again.headers["date"] != first.headers["date"]


def test_a_key_is_kept_for_a_day_of_virtual_time(shop: Sandbox) -> None:
    shop.post("/stores", new_store(), once=KEY)
    shop.pass_time(timedelta(hours=24) - timedelta(milliseconds=1))
    assert replayed(shop.post("/stores", new_store(), once=KEY))
    shop.pass_time(timedelta(milliseconds=1))
    problem(shop.post("/stores", new_store(), once=KEY), 409, "DUPLICATE")
    answer = shop.post("/stores", new_store(storeId="S0010"), once=KEY)
    assert (answer.status_code, replayed(answer)) == (201, False)
    assert replayed(shop.post("/stores", new_store(storeId="S0010"), once=KEY))


def test_without_a_key_every_call_is_one_of_its_own(shop: Sandbox) -> None:
    order_id = acknowledged(shop, ("SKU-1", 2))
    for number in (1, 2):
        answer = shop.post("/shipments", shipment(order_id, trackingNumber=f"123456789{number}"))
        assert (answer.status_code, replayed(answer)) == (201, False)


@pytest.mark.parametrize("key", ["k", "!" * 255, "~-_:/?#[]@"])
def test_a_key_is_any_visible_ascii(shop: Sandbox, key: str) -> None:
    shop.post("/stores", new_store(), once=key)
    assert replayed(shop.post("/stores", new_store(), once=key))


@pytest.mark.parametrize(
    ("key", "code"),
    [("", "EMPTY"), ("a b", "PATTERN"), ("x" * 256, "PATTERN"), ("é", "PATTERN"), ("a\tb", "PATTERN")],
)
def test_a_key_of_another_form_is_refused(shop: Sandbox, key: str, code: str) -> None:
    before = shop.digest()
    answer = shop.call("POST", "/stores", new_store(), headers={"idempotency-key": key.encode("latin-1")})  # type: ignore[dict-item]
    assert ("Idempotency-Key", code) in faults(answer, 400, "INVALID_REQUEST")
    assert shop.digest() == before


def test_two_keys_in_one_call_are_refused(shop: Sandbox) -> None:
    headers = [("x-api-key", "acorn-key"), ("idempotency-key", "a"), ("idempotency-key", "b")]
    answer = shop._client.post("/stores", json=new_store(), headers=headers)
    assert faults(answer, 400, "INVALID_REQUEST") == [("Idempotency-Key", "PATTERN")]


def test_a_key_is_of_no_account_where_no_post_is(shop: Sandbox) -> None:
    headers = {"idempotency-key": KEY}
    for sequence in (8, 9):
        answer = shop.call("PUT", "/inventory", report(sequence=sequence), headers=headers)
        assert (answer.json()["accepted"], replayed(answer)) == (1, False)
    assert not replayed(shop.call("GET", "/stores", headers=headers))


def test_every_post_but_those_of_oauth_takes_a_key() -> None:
    without_body = {"testSubscription", "goLive"}
    assert set(POSTS) == (set(WITH_BODY) | without_body) - {
        "createToken",
        "revokeToken",
        "updateStore",
        "reportPrices",
        "reportInventory",
    }
