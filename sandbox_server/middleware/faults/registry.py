"""Every effect there is."""

from collections.abc import Mapping

from sandbox_server.middleware.faults.broken import BrokenConnectionEffect
from sandbox_server.middleware.faults.delay import DelayEffect
from sandbox_server.middleware.faults.dribble import DribbleEffect
from sandbox_server.middleware.faults.effect import Effect
from sandbox_server.middleware.faults.error import ErrorEffect
from sandbox_server.middleware.faults.lost_response import LostResponseEffect
from sandbox_server.middleware.faults.token import TokenEffect

_ALL: tuple[Effect, ...] = (
    DelayEffect(),
    ErrorEffect(),
    BrokenConnectionEffect(),
    DribbleEffect(),
    LostResponseEffect(),
    TokenEffect(),
)

EFFECTS: Mapping[str, Effect] = {effect.about.name: effect for effect in _ALL}
"""By name, in the order of the contract."""
