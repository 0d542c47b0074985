"""Faults in what goes out: statuses, headers, members."""

from collections.abc import Callable
from typing import Any

from tests.conformance.defects.planting import Answer, Json, answers, defect

_ORDER = "/orders/ord_[^/]+"


def _members(value: Json, name: str) -> list[Any]:
    """Return every object that has a member of that name."""
    found = []
    if isinstance(value, dict):
        found = [value] if name in value else []
        value = list(value.values())
    if isinstance(value, list):
        found += [one for item in value for one in _members(item, name)]
    return found


def _each(answer: Answer, name: str, change: Any) -> None:
    def rewrite(said: Json) -> None:
        for one in _members(said, name):
            one[name] = change(one[name])

    answer.rewrite(rewrite)


def says(**members: Any) -> Callable[[Answer], None]:
    """Return what gives members of an answer other values."""
    return lambda answer: answer.rewrite(lambda said: said.update(members))


@defect("journey_fulfilment", finds="request_id response_headers_conformance")
def orders_lose_the_request_id() -> None:
    answers(lambda answer: answer.drop("x-request-id"), method="GET", path="/orders")


@defect("journey_fulfilment", finds="request_id problem_details", phases="examples")
def the_request_id_is_always_made_anew() -> None:
    answers(lambda answer: answer.set("x-request-id", "made-anew"))


@defect("refusals", finds="problem_details content_type_conformance")
def problems_are_plain_json() -> None:
    answers(lambda answer: answer.set("content-type", "application/json"), status=404)


@defect("refusals", finds="problem_details content_type_conformance")
def an_unknown_order_gets_a_page_of_html() -> None:
    def change(answer: Answer) -> None:
        answer.set("content-type", "text/html")
        answer.body = b"<h1>Not found</h1>"

    answers(change, path=_ORDER, status=404)


@defect("refusals", finds="response_schema_conformance problem_details")
def a_problem_has_a_code_of_its_own() -> None:
    answers(says(code="OOPS"), status=406)


@defect("refusals", finds="response_schema_conformance problem_details")
def what_is_not_there_is_said_to_come() -> None:
    answers(says(retryable=True), status=404)


@defect("refusals", finds="refusals")
def a_client_s_fault_is_told_without_allow() -> None:
    answers(lambda answer: answer.drop("allow"), status=405)


@defect("journey_fulfilment", finds="status_code_conformance")
def a_new_shipment_is_a_200() -> None:
    answers(lambda answer: setattr(answer, "status", 200), method="POST", path="/shipments", status=201)


@defect("refusals", finds="status_code_conformance refusals")
def an_unknown_product_is_gone() -> None:
    answers(lambda answer: setattr(answer, "status", 410), method="GET", path="/products/.*", status=404)


@defect("journey_fulfilment", finds="response_schema_conformance")
def orders_lose_their_buyer() -> None:
    answers(lambda answer: answer.rewrite(lambda said: said.pop("buyer", None)), method="GET", path=_ORDER)


@defect("versions", finds="response_schema_conformance")
def a_member_is_null() -> None:
    answers(lambda answer: _each(answer, "safetyStock", lambda _: None), method="GET", path="/stores/[^/]+")


@defect("journey_fulfilment", finds="money_format response_schema_conformance")
def money_is_a_float() -> None:
    answers(
        lambda answer: _each(answer, "refundable", lambda money: {**money, "amount": float(money["amount"])}),
        path="/returns.*",
    )


@defect("journey_fulfilment", finds="money_format")
def money_has_one_decimal() -> None:
    answers(lambda answer: _each(answer, "amount", lambda amount: amount[:-1]), method="GET", path="/orders")


@defect("journey_fulfilment", finds="money_adds_up")
def a_cent_is_missing_from_totals() -> None:
    def short(total: Any) -> Any:
        cents = int(total["amount"].replace(".", "")) - 1
        return {**total, "amount": f"{cents // 100}.{cents % 100:02}"}

    def change(said: Json) -> None:
        if "total" in said:
            said["total"] = short(said["total"])

    answers(lambda answer: answer.rewrite(change), method="GET", path=_ORDER)


@defect("journey_stores", finds="time_format response_schema_conformance")
def moments_lose_their_milliseconds() -> None:
    answers(lambda answer: _each(answer, "updatedAt", lambda at: f"{at[:19]}Z"), method="GET", path="/stores/[^/]+")


@defect("journey_inventory", finds="available_stock")
def one_unit_too_many_is_available() -> None:
    answers(lambda answer: _each(answer, "available", lambda units: units + 1), method="GET", path="/inventory")


@defect("cursor_walk", finds="page_items_once page_size")
def a_page_has_its_last_item_twice() -> None:
    def change(said: Json) -> None:
        said["items"] += said["items"][-1:]

    answers(lambda answer: answer.rewrite(change), method="GET", path="/orders", status=200)


@defect("versions", finds="response_headers_conformance versions")
def stores_lose_their_version() -> None:
    answers(lambda answer: answer.drop("etag"), method="GET", path="/stores/[^/]+")


@defect("journey_fulfilment", finds="response_headers_conformance")
def a_new_return_is_nowhere() -> None:
    answers(lambda answer: answer.drop("location"), method="POST", path="/returns")


@defect("journey_fulfilment", finds="idempotency")
def a_repeated_answer_does_not_say_so() -> None:
    answers(lambda answer: answer.drop("idempotent-replayed"))


@defect("refusals", finds="no_secrets")
def a_refusal_repeats_the_credential() -> None:
    def change(answer: Answer) -> None:
        shown = answer.request.get("authorization", "nothing")
        answer.rewrite(lambda said: said.update(detail=f"Not with {shown}."))

    answers(change, status=404)


@defect("rate_limits", finds="rate_limits rate_limit_headers response_headers_conformance")
def a_limit_does_not_say_when_to_come_again() -> None:
    answers(lambda answer: answer.drop("retry-after"), status=429)


@defect("journey_fulfilment", finds="journey_fulfilment content_type_conformance")
def every_label_is_a_pdf() -> None:
    answers(lambda answer: answer.set("content-type", "application/pdf"), method="GET", path="/shipments/.*/label")


@defect("authentication", finds="authentication response_headers_conformance")
def a_401_does_not_say_how_to_authenticate() -> None:
    answers(lambda answer: answer.drop("www-authenticate"), status=401)


@defect("journey_access", finds="journey_access")
def no_token_can_be_given_back() -> None:
    answers(lambda answer: setattr(answer, "status", 400), method="POST", path="/oauth/revoke", status=200)


@defect("outages", finds="outages")
def no_outage_is_called_one() -> None:
    answers(says(code="INTERNAL"), status=503)


@defect("journey_onboarding", finds="journey_onboarding")
def nobody_can_join() -> None:
    answers(
        says(status="INELIGIBLE"),
        method="POST",
        path="/applications",
    )


@defect("journey_reports", finds="journey_reports")
def reports_are_never_done() -> None:
    answers(
        says(status="IN_PROGRESS"),
        method="GET",
        path="/reports/[^/]+",
    )


@defect("journey_prices", finds="journey_prices")
def prices_are_read_in_another_currency() -> None:
    answers(lambda answer: _each(answer, "listPrice", lambda price: {**price, "currency": "CAD"}), path="/prices")


@defect("journey_transfers", finds="journey_transfers")
def what_is_called_off_stands_as_it_stood() -> None:
    answers(
        says(status="REQUESTED"),
        path="/transfers/[^/]+/cancellations",
    )
