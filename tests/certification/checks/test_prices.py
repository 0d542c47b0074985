"""The check of prices, over evidence made by hand."""

from typing import Any

import pytest

from sandbox_server.certification.checks.prices import valid
from sandbox_server.certification.evidence import Call, Evidence
from tests.certification.checks.seen import breaches, call, holds, minute, seen, text

SALE = {"saleFrom": "2026-11-28T00:00:00-05:00", "saleTo": "2026-11-30T00:00:00-05:00"}
SALE_IN_UTC = {"saleFrom": "2026-11-28T05:00:00.000Z", "saleTo": "2026-11-30T05:00:00.000Z"}


def price(amount: str = "0.30", sale: str | None = None, sku: str = "MUG", **more: Any) -> dict[str, Any]:
    reduced = {} if sale is None else {"salePrice": {"amount": sale, "currency": "USD"}}
    return {"sku": sku, "listPrice": {"amount": amount, "currency": "USD"}, **reduced, **more}


def told(*items: dict[str, Any], at: float = 1, code: str | None = None, **members: Any) -> Call:
    results = [{"sku": item["sku"], **({} if code is None else {"code": code})} for item in items]
    return call("reportPrices", "/v1/prices", at=at, body={"items": items}, answer={"items": results}, **members)


def day(*calls: Call, wants: tuple[tuple[float, list[dict[str, Any]]], ...] = (), ends: float = 20) -> Evidence:
    acts = tuple({"at": text(minute(at)), "act": "wantPrices", "asked": asked, "answer": None} for at, asked in wants)
    return seen(*calls, acts=acts, ends=ends)


def test_prices_are_those_that_are_wanted_however_their_times_are_written() -> None:
    wants = ((0, [price("1000.00", "899.50", **SALE)]),)
    assert holds(valid, day(told(price("1000.00", "899.50", **SALE_IN_UTC)), wants=wants))
    as_if_utc = {name: f"{at[:19]}Z" for name, at in SALE.items()}
    [found] = breaches(valid, day(told(price("1000.00", "899.50", **as_if_utc)), wants=wants, ends=3))
    assert found.startswith("MUG is to be 1000.00 USD, on sale 899.50 USD 2026-11-28T00:00:00-05:00 2026-11-30")
    assert found.endswith("told to be 1000.00 USD, on sale 899.50 USD 2026-11-28T00:00:00Z 2026-11-30T00:00:00Z.")


def test_what_was_read_before_the_list_changed_may_be_told_after_it() -> None:
    wants = ((0, [price("0.10")]), (2, [price("0.20")]), (4, [price("0.30")]))
    assert holds(valid, day(told(price("0.20"), at=4.1), told(price("0.30"), at=5), wants=wants))
    assert breaches(valid, day(told(price("0.10"), at=5), wants=wants, ends=6)) == [
        "MUG is to be 0.30 USD, and was told to be 0.10 USD."
    ]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (price("0.00"), "MUG is to be 0.00 USD, which is no price."),
        (price("-1.00"), "MUG is to be -1.00 USD, which is no price."),
        (price("1.00", "0.00"), "MUG is to be 1.00 USD, on sale 0.00 USD, which is no price."),
        (price("1.00", "1.10"), "The sale price of MUG is above its price."),
        (
            price("1.00", "0.90", saleFrom=SALE["saleTo"], saleTo=SALE_IN_UTC["saleTo"]),
            "The sale of MUG is over before it begins.",
        ),
    ],
)
def test_what_can_be_no_price_is_not_told_though_it_is_listed(item: dict[str, Any], said: str) -> None:
    assert breaches(valid, day(told(item, code="INVALID_AMOUNT"), wants=((0, [item]),))) == [said]
    assert breaches(valid, day(told(item, code="INVALID_AMOUNT"))) == [said]
    assert breaches(valid, day(wants=((0, [item]),))) == []


def test_a_price_that_is_wanted_is_told_within_minutes_by_who_follows_the_list() -> None:
    wants = ((0, [price(), price(sku="HAT", storeId="S1")]),)
    found = breaches(
        valid, day(told(price()), told(price(sku="HAT", storeId="S1"), code="STALE_SEQUENCE"), wants=wants)
    )
    assert found == ["", "", "HAT is to be 0.30 USD, which was never told."]
    assert holds(valid, day(told(price()), wants=wants, ends=4))
    assert holds(valid, day(told(price(sku="POT")), wants=wants))
    assert breaches(valid, day(wants=wants)) == []


def test_what_the_contract_refuses_is_not_judged_again() -> None:
    assert breaches(valid, day(told({"sku": "MUG"}, errors=({"message": "no price"},)))) == []
