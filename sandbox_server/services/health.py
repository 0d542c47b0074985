"""The health of a chain that is live, from what its world and its journal tell."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from sandbox_server.domain import health as rules
from sandbox_server.domain import onboarding
from sandbox_server.domain.health import Quarter, Score
from sandbox_server.domain.inventory import STALE_AFTER
from sandbox_server.domain.onboarding import Application
from sandbox_server.domain.orders import Order
from sandbox_server.services.journal import Journal
from sandbox_server.services.ports import Query, Transaction, Window
from sandbox_server.traffic.journal import Kept, Verdict, verdict_of

MOST_QUARTERS = 8
MOST_ORDERS = 20_000
MOST_CALLS = 20_000
_OK = 200
_OWN_FAULTS = frozenset(
    {Verdict.UNMATCHED, Verdict.UNAUTHENTICATED, Verdict.THROTTLED, Verdict.VIOLATION, Verdict.REFUSED}
)


class HealthCheck(NamedTuple):
    """
    One quarter of a chain's life.

    Args:
        acknowledgements: Orders, and those acknowledged in time.
        shipments: Orders, and those shipped in time.
        stock_reports: Reports of stock, and those that told of the present.
        calls: Calls, and those that were nobody's fault, or not the caller's.
        complete: Whether everything was looked at that there was.
    """

    quarter: Quarter
    acknowledgements: Score
    shipments: Score
    stock_reports: Score
    calls: Score
    complete: bool


class _Call(NamedTuple):
    """
    A call that was made.

    Args:
        punctual: Whether it told of the present; None where it is no report of stock, or one that was refused.
    """

    at: datetime
    good: bool
    punctual: bool | None


class _Item(msgspec.Struct, frozen=True, rename="camel"):
    as_of: datetime


class _StockReport(msgspec.Struct, frozen=True):
    items: list[_Item]


_report = msgspec.json.Decoder(_StockReport)


def checks(tx: Transaction, application: Application, journal: Journal) -> list[HealthCheck]:
    """
    Return a chain's health in each quarter since it went live, the newest last; those of two years at the most.

    Raises:
        IllegalTransition: It is not live.
    """
    live_at = onboarding.check_live(application)
    quarters = list(rules.quarters(live_at, tx.now, tx.time_zone))[-MOST_QUARTERS:]
    calls = list(_calls(journal, live_at))
    oldest = max(journal.first, journal.last - MOST_CALLS + 1)
    known_since = live_at if oldest == 1 or not calls or calls[0].at > live_at else calls[0].at
    return [_check(tx, quarter, live_at, calls, known_since) for quarter in quarters]


def _check(
    tx: Transaction, quarter: Quarter, live_at: datetime, calls: Iterable[_Call], known_since: datetime
) -> HealthCheck:
    begins = max(quarter.begins, live_at)
    orders, all_orders = _orders(tx, Window(begins, quarter.ends))
    own = [call for call in calls if begins <= call.at < quarter.ends]
    return HealthCheck(
        quarter,
        rules.total(map(rules.acknowledged, orders)),
        rules.total(map(rules.shipped, orders)),
        rules.total(call.punctual for call in own),
        rules.total(call.good for call in own),
        all_orders and known_since <= begins,
    )


def _orders(tx: Transaction, placed: Window) -> tuple[list[Order], bool]:
    page = tx.orders.page(Query(created=placed, limit=MOST_ORDERS))
    return [tx.orders.unpack(row) for row in page.rows], page.next_position is None


def _calls(journal: Journal, since: datetime) -> Iterator[_Call]:
    for kept in journal.entries(max(0, journal.last - MOST_CALLS)):
        entry = kept.entry
        if entry.received_at >= since:
            yield _Call(entry.received_at, verdict_of(entry) not in _OWN_FAULTS, _told_of_the_present(kept))


def _told_of_the_present(kept: Kept) -> bool | None:
    entry = kept.entry
    if entry.operation != "reportInventory" or entry.status != _OK:
        return None
    return all(entry.received_at - item.as_of <= STALE_AFTER for item in _report.decode(kept.request).items)
