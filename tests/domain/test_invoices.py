"""What an invoice has to say, and from when it can be."""

from datetime import timedelta

import pytest

from sandbox_server.domain.errors import Unprocessable
from sandbox_server.domain.invoices import Claim, Invoice, InvoiceLine, check_figures, check_issued_at
from sandbox_server.domain.sales import Price, Sold
from tests.domain.builders import LATER, NOW, a_line, faults_of

FIRST = InvoiceLine("1", 2, 2000, 160)
SECOND = InvoiceLine("2", 1, 1000, 80)
PARCEL = [Sold(a_line("1", 3), 0, 2, Price(2000, 160)), Sold(a_line("2", 1), 0, 1, Price(1000, 80))]


def claim(*lines: InvoiceLine, total: int = 3240) -> Claim:
    return Claim("shp_1", "A-1", NOW, lines, total)


def refused(wrong: Claim) -> list[tuple[str, str]]:
    with pytest.raises(Unprocessable) as refusal:
        check_figures(wrong, PARCEL, "USD")
    return list(faults_of(refusal.value))


def test_an_invoice_says_what_its_shipment_cost_whatever_the_order_of_its_lines() -> None:
    check_figures(claim(FIRST, SECOND), PARCEL, "USD")
    check_figures(claim(SECOND, FIRST), PARCEL, "USD")


def test_an_invoice_adds_up() -> None:
    bill = Invoice("inv_1", "shp_1", "ord_1", "A-1", NOW, "USD", (FIRST, SECOND), NOW, NOW)
    assert (bill.net, bill.tax, bill.total) == (3000, 240, 3240)


@pytest.mark.parametrize(
    ("wrong", "faults"),
    [
        (claim(InvoiceLine("1", 3, 2000, 160), SECOND), [("/lines/0/quantity", "QUANTITY")]),
        (claim(FIRST, InvoiceLine("2", 1, 1001, 80)), [("/lines/1/net", "NET")]),
        (claim(InvoiceLine("1", 2, 2000, 159), SECOND), [("/lines/0/tax", "TAX")]),
        (claim(FIRST, SECOND, total=3239), [("/total", "TOTAL")]),
        (claim(FIRST), [("/lines", "MISSING_LINE")]),
        (claim(FIRST, SECOND, FIRST), [("/lines/2/lineId", "REPEATED")]),
        (claim(FIRST, SECOND, InvoiceLine("3", 1, 0, 0)), [("/lines/2/lineId", "UNKNOWN_LINE")]),
        (
            claim(InvoiceLine("1", 1, 1, 1), total=2),
            [
                ("/lines/0/quantity", "QUANTITY"),
                ("/lines/0/net", "NET"),
                ("/lines/0/tax", "TAX"),
                ("/lines", "MISSING_LINE"),
                ("/total", "TOTAL"),
            ],
        ),
    ],
)
def test_every_figure_that_differs_is_named(wrong: Claim, faults: list[tuple[str, str]]) -> None:
    assert refused(wrong) == faults


def test_a_figure_that_differs_is_told_as_it_has_to_be() -> None:
    with pytest.raises(Unprocessable) as refusal:
        check_figures(claim(InvoiceLine("1", 2, 2000, 159), SECOND), PARCEL, "KWD")
    assert [fault.message for fault in refusal.value.faults] == ["The tax on line 1 is 0.160 KWD."]


def test_an_invoice_is_from_after_the_order_and_not_from_the_future() -> None:
    check_issued_at(NOW, NOW, LATER)
    check_issued_at(LATER, NOW, LATER)
    for at, code in ((LATER + timedelta(milliseconds=1), "IN_FUTURE"), (NOW - timedelta(seconds=1), "BEFORE_ORDER")):
        with pytest.raises(Unprocessable) as refusal:
            check_issued_at(at, NOW, LATER)
        assert faults_of(refusal.value) == [("/issuedAt", code)]
