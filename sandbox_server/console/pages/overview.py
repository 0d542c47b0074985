"""The first page: what the world is doing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from flask import Blueprint, current_app, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from sandbox_server.console.health import FINDINGS, Healths
from sandbox_server.console.tables import ROWS
from sandbox_server.control.record import Record
from sandbox_server.domain.events import DueEvent
from sandbox_server.domain.orders import OrderStatus
from sandbox_server.services.journal import Journal
from sandbox_server.services.metrics import NO_OPERATION
from sandbox_server.services.ports import Transaction
from sandbox_server.services.search import EVERYTHING
from sandbox_server.traffic.faults import FaultRules
from sandbox_server.traffic.journal import Entry, Verdict, verdict_of
from sandbox_server.traffic.throttle import Throttle

pages = Blueprint("overview", __name__)

_COMING = 8
_SECOND_NS = 1_000_000_000


class Traffic(NamedTuple):
    """
    The newest calls.

    Args:
        last: The number of the newest; 0 where there was none.
        first: The number of the oldest that is counted here.
        shown: How many are counted, no more than a page of the journal shows.
        verdicts: What became of them.
        operations: Which operations were called, the most frequent first.
        per_second: How many came in a second of real time, between the first and the last; None where one came.
    """

    last: int
    first: int
    shown: int
    verdicts: Sequence[tuple[Verdict, int]]
    operations: Sequence[tuple[str, int]]
    per_second: float | None


class World(NamedTuple):
    """What a tenant's world comes to."""

    orders: Mapping[str, int]
    returns: Mapping[str, int]
    shipments: Mapping[str, int]
    stores: Mapping[str, int]
    coming: Sequence[tuple[DueEvent, timedelta]]
    faults: int
    throttle: str
    traffic: Traffic


@pages.get("/")
def home() -> ResponseReturnValue:
    """Begin with the server's own tenant."""
    return redirect(url_for("overview.page", tenant="default"))


@pages.get("/t/<tenant>/")
def page(tenant: str) -> ResponseReturnValue:
    """Show what the world is doing."""
    world = g.reach.look(tenant, _world)
    return render_template("overview.html", world=world, statuses=list(OrderStatus))


@pages.get("/t/<tenant>/health")
def health(tenant: str) -> ResponseReturnValue:
    """Show how the stock stands: a part of the first page that takes longer to find out."""
    healths: Healths = current_app.extensions["healths"]
    return render_template("health.html", health=healths.of(g.reach, tenant), findings=FINDINGS)


def _world(record: Record, tx: Transaction) -> World:
    coming = [(event, event.due - tx.now) for event in tx.coming(_COMING)]
    return World(
        orders=tx.orders.tally("status"),
        returns=tx.returns.tally("status"),
        shipments=tx.shipments.tally("status"),
        stores=tx.stores.tally("status"),
        coming=coming,
        faults=sum(standing.rule.enabled for standing in record.tenant.power(FaultRules)),
        throttle=record.tenant.power(Throttle).profile,
        traffic=_traffic(record.tenant.power(Journal)),
    )


def _traffic(journal: Journal) -> Traffic:
    entries = [kept.entry for kept in journal.latest(EVERYTHING, 0, ROWS).entries]
    verdicts, operations = (
        Counter(map(verdict_of, entries)),
        Counter(entry.operation or NO_OPERATION for entry in entries),
    )
    ordered = [(verdict, verdicts[verdict]) for verdict in Verdict if verdicts[verdict]]
    first = entries[-1].number if entries else 0
    return Traffic(journal.last, first, len(entries), ordered, operations.most_common(6), _rate(entries))


def _rate(entries: Sequence[Entry]) -> float | None:
    """Return calls for each second of real time; the newest comes first."""
    took = entries[0].received_ns - entries[-1].received_ns if entries else 0
    return (len(entries) - 1) * _SECOND_NS / took if took > 0 else None
