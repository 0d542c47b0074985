"""Walks along lists: nothing twice, nothing left out, whatever comes in the meantime."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox_server.conformance.calls import Answer
from sandbox_server.conformance.checks.pages import identity
from sandbox_server.conformance.document import Operation
from sandbox_server.conformance.errors import Unavailable
from sandbox_server.conformance.probes import journeys, orders
from sandbox_server.conformance.stage import Stage

_STEP = 3
_AHEAD = 30
"""Items of a list that are walked past; more of the same show no more."""


def cursor_walk(stage: Stage) -> None:
    """
    Walk every list in short steps, and hold the walk against a long page; let things come in between.

    Source: contract, "Pages".
    """
    for operation in stage.document.operations.values():
        if operation.is_list and not operation.parameters["path"]:
            _walk(stage, operation)
    _bound_to_filters(stage)


def _walk(stage: Stage, operation: Operation) -> None:
    whole = stage.api.call(operation.operation_id, query={"limit": _AHEAD})
    ahead = [identity(operation.operation_id, item) for item in whole.json["items"]]
    insert = _INSERTS.get(operation.operation_id)
    seen: list[tuple[Any, ...]] = []
    pages: list[Answer] = []
    for page in stage.api.pages(operation.operation_id, {"limit": _STEP}, most=_AHEAD):
        pages.append(page)
        seen += [identity(operation.operation_id, item) for item in page.json["items"]]
        if len(pages) == 1 and insert is not None:
            _try(stage, insert)
        if len(seen) >= len(ahead) + _STEP:
            break
    twice = [name for name in set(seen) if seen.count(name) > 1]
    stage.hold(not twice, "A walk meets an item twice.", *pages[:3], where="/items", seen=twice[:3])
    missing = [name for name in ahead if name not in set(seen)]
    stage.hold(not missing, "A walk leaves out an item.", whole, *pages[:3], where="/items", seen=missing[:3])
    if not twice and not missing:
        order = seen[: len(ahead)] == ahead
        stage.hold(order, "A walk meets items in another order than a long page has them.", whole, *pages[:3])


def _bound_to_filters(stage: Stage) -> None:
    """A cursor belongs to its filters, and is nothing that one could make up."""
    page = stage.api.call("listOrders", query={"limit": 1})
    cursor = page.json.get("nextCursor")
    if cursor is None:
        raise Unavailable("there are too few orders for a second page")
    other = stage.api.call("listOrders", query={"limit": 1, "cursor": cursor, "status": "NEW"})
    stage.hold(
        (other.status, other.code) == (400, "CURSOR_MISMATCH"),
        "A cursor is taken with other filters than its own.",
        page,
        other,
        expected="400 CURSOR_MISMATCH",
        seen=f"{other.status} {other.code}".strip(),
    )
    alien = stage.api.call("listOrders", query={"cursor": "eyJhZnRlciI6NTB9"}, fit=False)
    stage.hold(alien.status == 400, "A cursor that was made up is taken.", alien, expected=400, seen=alien.status)


def _try(stage: Stage, insert: Callable[[Stage], None]) -> None:
    try:
        insert(stage)
    except Unavailable as lack:
        stage.lack(str(lack))


def _order(stage: Stage) -> None:
    if stage.has_operator:
        orders.place(stage)


def _store(stage: Stage) -> None:
    count = sum(len(page.json["items"]) for page in stage.api.pages("listStores", {"limit": 100}))
    example: Mapping[str, Any] = stage.document.operations["createStore"].example
    stage.api.call("createStore", body={**example, "storeId": f"CONF-W{count}", "status": "CLOSED"})


def _transfer(stage: Stage) -> None:
    stage.api.call("requestTransfer", body=journeys.new_transfer(stage))


def _application(stage: Stage) -> None:
    stage.api.call("createApplication", body=stage.document.operations["createApplication"].example)


_INSERTS: Mapping[str, Callable[[Stage], None]] = {
    "listStores": _store,
    "listOrders": _order,
    "listInventoryMovements": _order,
    "listEvents": _order,
    "listTransfers": _transfer,
    "listApplications": _application,
}
