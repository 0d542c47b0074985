"""What happens and what is due is named as the contract and the timeline need it."""

import pytest

from sandbox_server.domain.events import DueEvent, DueKind, EventType, due_key
from tests.domain.builders import NOW


def test_events_have_the_contracts_names() -> None:
    assert {str(kind) for kind in EventType} == {
        "order.created",
        "order.reassigned",
        "order.cancelled",
        "order.late",
        "shipment.delivered",
        "shipment.failed",
        "return.authorised",
        "return.expired",
        "inventory.low",
        "inventory.stale",
        "price.rejected",
        "report.done",
        "account.warning",
        "subscription.test",
    }


@pytest.mark.parametrize("kind", list(DueKind))
def test_what_is_due_is_named_by_its_kind_and_subject(kind: DueKind) -> None:
    assert DueEvent(kind, "ord_1", NOW, 17).key == f"{kind.value}/ord_1" == due_key(kind, "ord_1")
