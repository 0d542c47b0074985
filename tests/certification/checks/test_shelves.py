"""Checks of stock reports, over evidence made by hand."""

from typing import Any

import pytest

from sandbox_server.certification.checks.shelves import (
    deltas,
    fresh,
    no_phantom,
    repairs,
    sequence_grows,
    writes_verified,
)
from sandbox_server.certification.evidence import Call, Evidence
from tests.certification.checks.seen import breaches, call, holds, minute, seen, text


def report(*lines: tuple[str, int], sequence: int = 1, rejected: tuple[str, ...] = (), **members: Any) -> Call:
    items = [{"storeId": "S1", "sku": sku, "onHand": count, "sequence": sequence} for sku, count in lines]
    results = [
        {"storeId": "S1", "sku": sku, "status": "REJECTED" if sku in rejected else "ACCEPTED"} for sku, _ in lines
    ]
    body, answer = {"items": items}, {"items": results}
    return call("reportInventory", "/v1/inventory", body=body, answer=answer, **members)


def day(*calls: Call, left: int = 3, at: float = 0, cause: str = "WALK_IN_SALE", ends: float = 30) -> Evidence:
    change = {"at": text(minute(at)), "storeId": "S1", "sku": "A", "onHand": left, "cause": cause}
    return seen(*calls, ends=ends, world={"counts": [change]})


OTHER = call("listOrders")


@pytest.mark.parametrize(("check", "left"), [(fresh, 3), (no_phantom, 0)])
def test_a_change_is_reported_within_a_quarter_of_an_hour(check: Any, left: int) -> None:
    late = [f"S1 A had {left} left, and it was not reported in 15 minutes."]

    assert holds(check, day(report(("A", left), at=15), left=left))
    assert breaches(check, day(report(("A", left), at=15.1), left=left)) == late
    assert breaches(check, day(report(("B", left), at=1), left=left)) == late
    assert breaches(check, day(OTHER, left=left)) == late
    assert breaches(check, day(OTHER, left=3 - left)) == []
    assert breaches(check, day(OTHER, left=left, ends=14.9)) == []
    assert breaches(check, day(OTHER, left=left, cause="SHIPMENT")) == []
    assert breaches(check, day(left=left)) == []


def test_a_report_has_what_has_changed() -> None:
    assert holds(deltas, day(report(*[(str(number), 1) for number in range(20)])))
    assert breaches(deltas, day(report(*[(str(number), 1) for number in range(21)]))) == [
        "21 lines were reported, where 1 places had changed."
    ]


def test_numbers_of_a_place_rise() -> None:
    first = report(("A", 3), sequence=7)

    assert holds(sequence_grows, seen(first, report(("A", 2), sequence=8)))
    assert breaches(sequence_grows, seen(first, first)) == []
    for number in (6, 7):
        assert breaches(sequence_grows, seen(first, report(("A", 2), sequence=number))) == [
            f"S1 A was reported with {number} after 7."
        ]
    assert breaches(sequence_grows, seen(first, report(("B", 2), sequence=1))) == []


def test_what_was_rejected_is_sent_again_and_nothing_else() -> None:
    part = report(("A", 3), ("B", 4), rejected=("A",), effect="partialAcceptance")

    assert holds(repairs, seen(part, report(("A", 3))))
    assert holds(repairs, seen(part, report(("A", 3), ("B", 1))))
    assert breaches(repairs, seen(part, report(("B", 1)))) == ["1 lines were rejected, and not sent again."]
    assert breaches(repairs, seen(part, report(("A", 3), ("B", 4)))) == [
        "1 lines were sent again that had been accepted."
    ]
    assert breaches(repairs, seen(report(("A", 3), rejected=("A",)))) == []


def test_what_was_accepted_and_lost_is_sent_again() -> None:
    lost = report(("A", 3), ("B", 4), effect="writeLost")

    assert holds(writes_verified, seen(lost, report(("A", 3), at=10), report(("B", 4), at=30)))
    assert breaches(writes_verified, seen(lost, report(("A", 3), at=10), report(("B", 4), at=31))) == [
        "A report was accepted and lost, and 1 of its lines were never sent again."
    ]
    assert breaches(writes_verified, seen(lost, ends=14)) == []
    assert breaches(writes_verified, seen(report(("A", 3)))) == []
