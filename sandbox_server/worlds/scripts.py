"""What happens to an order or a return so that it comes to a given end: tables of deeds, and when each is done."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from sandbox_server.domain.returns import ReturnStatus
from sandbox_server.worlds.schema import Outcome

_HOURS = 60
DAY = 24 * _HOURS
"""Minutes."""


class Deed(StrEnum):
    """What a buyer or a store does."""

    ACKNOWLEDGE = "acknowledge"
    ACKNOWLEDGE_FIRST_LINE = "acknowledge first line"
    REJECT = "reject"
    SHIP = "ship"
    SHIP_FIRST_LINE = "ship first line"
    CANCEL_AS_BUYER = "cancel as buyer"
    CANCEL_AS_SELLER = "cancel as seller"
    CANCEL_FIRST_LINE = "cancel first line"
    AUTHORISE = "authorise"
    RECEIVE = "receive"
    RECEIVE_FIRST_LINE = "receive first line"
    RECEIVE_WRONG_ITEM = "receive wrong item"
    REFUND = "refund"


class Act(NamedTuple):
    """A deed, so many minutes after the one before it; `chance` is how often it is done at all."""

    deed: Deed
    soonest: int
    latest: int
    chance: float = 1


class Script(NamedTuple):
    """
    What is done, and when it begins.

    Args:
        latest: Minutes before the world's first moment at which it begins at the latest.
        earliest: At the earliest; None for the beginning of the history.
        acts: What follows, in order.
        lines: How many lines the order has at least.
    """

    latest: int
    earliest: int | None
    acts: tuple[Act, ...] = ()
    lines: int = 1


_ACKNOWLEDGE = Act(Deed.ACKNOWLEDGE, 6, 54)
_REJECT = Act(Deed.REJECT, 4, 14)
_SHIP = Act(Deed.SHIP, 20, 4 * _HOURS)
_LONG_AGO = 8 * DAY  # a parcel is delivered after 7 days at the latest

# The stores' next deadlines lie ahead for what came in the last twelve hours where the world begins about noon.
ORDERS: Mapping[Outcome, Script] = {
    Outcome.NEW: Script(1, 95),
    Outcome.PARTLY_ACKNOWLEDGED: Script(20, 95, (Act(Deed.ACKNOWLEDGE_FIRST_LINE, 5, 15),), lines=2),
    Outcome.REROUTED: Script(130, 215),
    Outcome.REASSIGNED: Script(20, 95, (_REJECT,)),
    Outcome.ACKNOWLEDGED: Script(60, 12 * _HOURS, (_ACKNOWLEDGE,)),
    Outcome.LATE: Script(20 * _HOURS, 40 * _HOURS, (_ACKNOWLEDGE,)),
    Outcome.PARTLY_SHIPPED: Script(
        4 * _HOURS, 12 * _HOURS, (_ACKNOWLEDGE, Act(Deed.SHIP_FIRST_LINE, 20, 2 * _HOURS)), lines=2
    ),
    Outcome.SHIPPED: Script(5 * _HOURS, 18 * _HOURS, (_ACKNOWLEDGE, _SHIP)),
    Outcome.DELIVERED: Script(_LONG_AGO, None, (_ACKNOWLEDGE, Act(Deed.CANCEL_FIRST_LINE, 5, 15, chance=0.04), _SHIP)),
    Outcome.DELIVERED_BY_ANOTHER: Script(_LONG_AGO, None, (_REJECT, _ACKNOWLEDGE, _SHIP)),
    Outcome.CANCELLED_BY_BUYER: Script(
        5 * _HOURS, None, (_ACKNOWLEDGE._replace(chance=0.5), Act(Deed.CANCEL_AS_BUYER, 3, 50))
    ),
    Outcome.CANCELLED_BY_SELLER: Script(5 * _HOURS, None, (_ACKNOWLEDGE, Act(Deed.CANCEL_AS_SELLER, 10, 2 * _HOURS))),
    Outcome.NOT_ACKNOWLEDGED: Script(5 * _HOURS, None),
    Outcome.NOT_SHIPPED: Script(6 * DAY, None, (_ACKNOWLEDGE,)),
    Outcome.OUT_OF_ASSORTMENT: Script(1, None),
    Outcome.TURNED_DOWN: Script(5 * _HOURS, None, (_REJECT,) * 8),
}

_AUTHORISE = Act(Deed.AUTHORISE, 0, 0)
_RECEIVE = Act(Deed.RECEIVE, 5, 20 * _HOURS)
_REFUND = Act(Deed.REFUND, 60, 40 * _HOURS)

RETURNS: Mapping[ReturnStatus, Script] = {
    ReturnStatus.AUTHORISED: Script(10, 12 * DAY, (_AUTHORISE,)),
    ReturnStatus.RECEIVED_IN_PART: Script(
        2 * DAY, 14 * DAY, (_AUTHORISE, Act(Deed.RECEIVE_FIRST_LINE, 5, 20 * _HOURS)), lines=2
    ),
    ReturnStatus.RECEIVED: Script(1 * DAY, 6 * DAY, (_AUTHORISE, _RECEIVE)),
    ReturnStatus.REFUNDED: Script(3 * DAY, 11 * DAY, (_AUTHORISE, _RECEIVE, _REFUND)),
    ReturnStatus.CLOSED: Script(18 * DAY, None, (_AUTHORISE, _RECEIVE, _REFUND)),
    ReturnStatus.REJECTED: Script(2 * DAY, None, (_AUTHORISE, Act(Deed.RECEIVE_WRONG_ITEM, 5, 20 * _HOURS))),
    ReturnStatus.EXPIRED: Script(31 * DAY, None, (_AUTHORISE,)),
}
RETURNED_AFTER = (7 * DAY, 10 * DAY)
"""Minutes from an order to the return of it."""
