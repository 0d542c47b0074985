"""Checks of the contract's words, over evidence made by hand."""

import pytest

from sandbox_server.certification.checks.contract import clean
from tests.certification.checks.seen import breaches, call, holds, seen

GOOD = call("listOrders")


def test_what_the_contract_describes_is_right() -> None:
    assert holds(clean, seen(GOOD, call("getOrder", "/v1/orders/ord_1", status=404)))
    assert breaches(clean, seen()) == []


def test_what_the_contract_does_not_have_is_wrong() -> None:
    assert breaches(clean, seen(GOOD, call(None, "/v1/stock-levels", status=404))) == [
        "",
        "There is no GET /v1/stock-levels.",
    ]


@pytest.mark.parametrize(
    ("error", "where"),
    [
        ({"pointer": "/lines/0"}, "/lines/0"),
        ({"parameter": "limit"}, "limit"),
        ({"header": "Idempotency-Key"}, "Idempotency-Key"),
        ({}, "body"),
    ],
)
def test_a_request_that_is_otherwise_is_wrong_where_it_is(error: dict[str, str], where: str) -> None:
    wrong = call("listOrders", status=400, errors=({**error, "message": "It is wrong."},))

    assert breaches(clean, seen(wrong)) == [f"listOrders: {where}: It is wrong."]
