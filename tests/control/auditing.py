"""What tests of the audit do to a world, and what it says of that."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox_server.services.ports import Transaction
from tests.control.acting import SKU
from tests.control.stage import CONTROL, KEY, TENANT, Stage


def audit(stage: Stage, tenant: str = "default") -> dict[int, Any]:
    """What holds, by number."""
    found = stage.look(f"{CONTROL}/tenants/{tenant}/audit", None)
    assert found["tenant"] == tenant
    invariants = {invariant["number"]: invariant for invariant in found["invariants"]}
    assert list(invariants) == list(range(1, 10))
    assert found["holds"] is all(invariant["state"] != "BROKEN" for invariant in invariants.values())
    assert all((invariant["state"] == "BROKEN") is bool(invariant["breaches"]) for invariant in invariants.values())
    return invariants


def broken(stage: Stage, tenant: str = "default") -> dict[int, list[Any]]:
    return {number: one["breaches"] for number, one in audit(stage, tenant).items() if one["state"] == "BROKEN"}


@contextmanager
def behind(stage: Stage, cause: str = "operator:test") -> Iterator[Transaction]:
    """Change the world behind the server's back."""
    with stage.tenant.begin(cause) as tx:
        yield tx


def bought(stage: Stage, **asked: Any) -> str:
    (order,) = stage.done("/buyers/orders", {"lines": [{"sku": SKU, "quantity": 1}], **asked})["items"]
    return str(order["orderId"])


def accept(stage: Stage, order_id: str, **headers: str) -> int:
    """Acknowledge an order as its client; the number of the call."""
    body = {"lines": [{"lineId": "1", "decision": "ACCEPT"}]}
    got = stage.call("POST", f"/v1/orders/{order_id}/acknowledgements", body, KEY, **headers)
    assert (got.status, got.headers.get("idempotent-replayed")) == (200, None)
    return last_call(stage)


def last_call(stage: Stage) -> int:
    return int(stage.look(f"{TENANT}/journal?limit=1", None)["last"])


def level_of(tx: Transaction, order_id: str) -> Any:
    order = tx.orders.get(order_id)
    assert order is not None
    return tx.levels.get(f"{order.lines[0].allocations[0].store_id}/{SKU}")
