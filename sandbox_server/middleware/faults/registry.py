"""Every effect there is."""

from collections.abc import Mapping

from sandbox_server.middleware.faults.broken import BrokenConnectionEffect
from sandbox_server.middleware.faults.cancel_during_shipment import CancelDuringShipmentEffect
from sandbox_server.middleware.faults.clock_skew import ClockSkewEffect
from sandbox_server.middleware.faults.delay import DelayEffect
from sandbox_server.middleware.faults.delay_event import DelayEventEffect
from sandbox_server.middleware.faults.dribble import DribbleEffect
from sandbox_server.middleware.faults.drift import DriftEffect
from sandbox_server.middleware.faults.drop_event import DropEventEffect
from sandbox_server.middleware.faults.duplicate_event import DuplicateEventEffect
from sandbox_server.middleware.faults.duplicate_order import DuplicateOrderEffect
from sandbox_server.middleware.faults.effect import Effect
from sandbox_server.middleware.faults.empty_page import EmptyPageEffect
from sandbox_server.middleware.faults.error import ErrorEffect
from sandbox_server.middleware.faults.lost_response import LostResponseEffect
from sandbox_server.middleware.faults.missing_items import MissingItemsEffect
from sandbox_server.middleware.faults.partial_acceptance import PartialAcceptanceEffect
from sandbox_server.middleware.faults.phantom_stock import PhantomStockEffect
from sandbox_server.middleware.faults.reorder_event import ReorderEventEffect
from sandbox_server.middleware.faults.repeat_cursor import RepeatCursorEffect
from sandbox_server.middleware.faults.short_pages import ShortPagesEffect
from sandbox_server.middleware.faults.stale_read import StaleReadEffect
from sandbox_server.middleware.faults.token import TokenEffect
from sandbox_server.middleware.faults.write_lost import WriteLostEffect

_ALL: tuple[Effect, ...] = (
    DelayEffect(),
    ErrorEffect(),
    BrokenConnectionEffect(),
    DribbleEffect(),
    LostResponseEffect(),
    TokenEffect(),
    DriftEffect(),
    StaleReadEffect(),
    EmptyPageEffect(),
    RepeatCursorEffect(),
    MissingItemsEffect(),
    ShortPagesEffect(),
    DuplicateEventEffect(),
    ReorderEventEffect(),
    DropEventEffect(),
    DelayEventEffect(),
    PartialAcceptanceEffect(),
    WriteLostEffect(),
    DuplicateOrderEffect(),
    CancelDuringShipmentEffect(),
    PhantomStockEffect(),
    ClockSkewEffect(),
)

EFFECTS: Mapping[str, Effect] = {effect.about.name: effect for effect in _ALL}
"""By name, in the order of the contract."""
