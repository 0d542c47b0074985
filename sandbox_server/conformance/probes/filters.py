"""Filters of lists: what they let through, and that they keep nothing back."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox_server.conformance.calls import Answer
from sandbox_server.conformance.checks.pages import identity
from sandbox_server.conformance.document import Operation
from sandbox_server.conformance.stage import Stage

_PAGE = 100
_PLAIN = (
    "status",
    "serviceLevel",
    "kind",
    "type",
    "category",
    "brand",
    "orderId",
    "shipmentId",
    "cause",
    "sku",
    "storeId",
)


def filters(stage: Stage) -> None:
    """
    Narrow every list by what one of its items has: that item stays, and what does not fit goes.

    What does not fit is told by the check of every page.

    Source: contract, "Pages", and the parameters of each list.
    """
    for operation in stage.document.operations.values():
        if operation.is_list and not operation.parameters["path"]:
            whole = stage.api.call(operation.operation_id, query={"limit": _PAGE})
            items = whole.json["items"]
            if items:
                item = items[len(items) // 2]
                for query in _queries(operation, item):
                    _narrow(stage, operation, whole, item, query)


def _narrow(
    stage: Stage, operation: Operation, whole: Answer, item: Mapping[str, Any], query: Mapping[str, Any]
) -> None:
    narrowed = stage.api.call(operation.operation_id, query={**query, "limit": _PAGE})
    found = [identity(operation.operation_id, one) for one in narrowed.json["items"]]
    name = identity(operation.operation_id, dict(item))
    stage.hold(
        name in found or len(found) == _PAGE,
        f"The filter {' and '.join(query)} keeps back what fits.",
        whole,
        narrowed,
        where="/items",
        expected=" ".join(map(str, name)),
        seen=f"{len(found)} others",
    )


def _queries(operation: Operation, item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    known = operation.parameters["query"]
    for name in _PLAIN:
        if name in known and isinstance(item.get(name), str):
            yield {name: item[name]}
    if "capability" in known and item.get("capabilities"):
        yield {"capability": item["capabilities"][0]}
    if "updatedAfter" in known and "updatedAt" in item:
        yield {"updatedAfter": item["updatedAt"]}
    if "createdAfter" in known and "placedAt" in item:
        yield {"createdAfter": item["placedAt"]}
