"""Reports: asked for, made bit by bit while the clock goes on, kept."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from sandbox_server.domain import figures
from sandbox_server.domain import reports as rules
from sandbox_server.domain.errors import Fault, NotFound, Unprocessable
from sandbox_server.domain.events import DueKind, EventType
from sandbox_server.domain.figures import Piece
from sandbox_server.domain.inventory import StockLevel
from sandbox_server.domain.orders import Order
from sandbox_server.domain.reports import Draft, Report, ReportDocument, ReportFailure, ReportType, Wanted
from sandbox_server.domain.returns import Return
from sandbox_server.domain.shipments import Shipment
from sandbox_server.kernel.ids import make_id
from sandbox_server.services import inventory, sheets
from sandbox_server.services.happenings import emit, schedule
from sandbox_server.services.ports import OPEN_WINDOW, Query, Table, Transaction, Window


def get(tx: Transaction, report_id: str) -> Report:
    """
    Return a report.

    Raises:
        NotFound: There is none with this id.
    """
    report = tx.reports.get(report_id)
    if report is None:
        raise NotFound("report", report_id)
    return report


def document(tx: Transaction, report_id: str) -> ReportDocument:
    """
    Return what a report came to.

    Raises:
        NotFound: There is no such report.
        IllegalTransition: It is not done.
    """
    rules.check_done(get(tx, report_id))
    found = tx.documents.get(report_id)
    assert found is not None, "a report is done when its document is there"
    return found


def request(tx: Transaction, wanted: Wanted) -> Report:
    """
    Ask for a report.

    Raises:
        Unprocessable: A store is unknown; or its span is empty, longer than 92 days, or not over yet.
    """
    _check_stores(tx, wanted.store_ids)
    report = rules.request(make_id(tx.seed, "rpt", tx.reports.count() + 1), wanted, tx.now, tx.cause)
    tx.reports.put(report)
    schedule(tx, DueKind.REPORT_STEP, report.report_id, tx.now + rules.BEGUN_AFTER)
    return report


def step(tx: Transaction, report_id: str) -> None:
    """
    Do the next bit of a report: begin it, read some more of the world, or end it.

    A bit takes some milliseconds, so that calls are answered between one and the next.
    """
    report, draft = get(tx, report_id), tx.drafts.get(report_id)
    if draft is None:
        report, draft = rules.begin(report, tx.now, tx.cause), Draft(report_id)
        tx.reports.put(report)
    draft = _read_on(tx, report, draft)
    if draft.records > rules.MOST_RECORDS:
        _end(tx, rules.fail(report, ReportFailure.TOO_LARGE, tx.now, tx.cause))
    elif draft.source < len(_SOURCES[report.type]):
        tx.drafts.put(draft)
        schedule(tx, DueKind.REPORT_STEP, report_id, tx.now + rules.STEP)
    elif tx.now < rules.done_at(report):
        tx.drafts.put(draft)
        schedule(tx, DueKind.REPORT_STEP, report_id, rules.done_at(report))
    else:
        _finish(tx, report, draft)


def _finish(tx: Transaction, report: Report, draft: Draft) -> None:
    rows = figures.rows(report, dict(draft.tally), tx.currency)
    content = sheets.write(report, rows, tx.currency)
    tx.documents.put(ReportDocument(report.report_id, content))
    _end(tx, rules.finish(report, len(rows), len(content), tx.now, tx.cause))


def _end(tx: Transaction, report: Report) -> None:
    tx.drafts.remove(report.report_id)
    tx.reports.put(report)
    emit(tx, EventType.REPORT_DONE, report.report_id)


class _Source(NamedTuple):
    """
    Records that a report is made of.

    Args:
        table: Where they are.
        pieces: What one of them adds.
        at_once: How many are read in one step.
        in_span: Whether only those of the report's span are read.
    """

    table: Callable[[Transaction], Table[Any]]
    pieces: Callable[[Transaction, Any], Iterable[Piece]]
    at_once: int
    in_span: bool = True


def _sales(_: Transaction, order: Order) -> Iterable[Piece]:
    return figures.sales(order)


def _stock(tx: Transaction, level: StockLevel) -> Iterable[Piece]:
    return figures.stock(level, inventory.safety_stock(tx, level.store_id), tx.now)


def _stock_shipped(_: Transaction, shipment: Shipment) -> Iterable[Piece]:
    return figures.stock_shipped(shipment)


def _fulfilment(tx: Transaction, order: Order) -> Iterable[Piece]:
    return figures.fulfilment(order, tx.shipments.select(order_id=order.order_id))


def _returned(_: Transaction, rma: Return) -> Iterable[Piece]:
    return figures.returned(rma)


_ORDERS, _SHIPMENTS, _RETURNS, _LEVELS = map(attrgetter, ("orders", "shipments", "returns", "levels"))
_SOURCES: Mapping[ReportType, Sequence[_Source]] = {
    ReportType.SALES_BY_CHANNEL: (_Source(_ORDERS, _sales, 1000),),
    ReportType.STOCK_HEALTH: (
        _Source(_LEVELS, _stock, 2000, in_span=False),
        _Source(_SHIPMENTS, _stock_shipped, 2000),
    ),
    ReportType.FULFILMENT_PERFORMANCE: (_Source(_ORDERS, _fulfilment, 500),),
    ReportType.RETURNS_BY_REASON: (_Source(_RETURNS, _returned, 2000),),
}


def _read_on(tx: Transaction, report: Report, draft: Draft) -> Draft:
    """Return the draft with some more records in it; the one it was where all have been read."""
    sources = _SOURCES[report.type]
    if draft.source == len(sources):
        return draft
    source = sources[draft.source]
    table = source.table(tx)
    created = Window(report.begins, report.ends) if source.in_span else OPEN_WINDOW
    page = table.page(Query(created=created, after=draft.after, limit=source.at_once))
    tally = dict(draft.tally)
    for row in page.rows:
        pieces = source.pieces(tx, table.unpack(row))
        figures.add(tally, (piece for piece in pieces if report.concerns(piece[0][0])))
    ended = page.next_position is None
    return msgspec.structs.replace(
        draft,
        source=draft.source + ended,
        after=page.next_position or 0,
        records=draft.records + len(page.rows),
        tally=tuple(tally.items()),
    )


def _check_stores(tx: Transaction, store_ids: Sequence[str]) -> None:
    faults = [
        Fault(f"/storeIds/{place}", "UNKNOWN_STORE", f"The chain has no store {store_id}.")
        for place, store_id in enumerate(store_ids)
        if not tx.stores.has(store_id)
    ]
    if faults:
        raise Unprocessable("The chain does not have all of these stores.", faults)
