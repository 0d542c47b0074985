"""Every effect there is."""

from collections.abc import Mapping

from sandbox_server.middleware.faults.delay import DelayEffect
from sandbox_server.middleware.faults.effect import Effect

_ALL: tuple[Effect, ...] = (DelayEffect(),)

EFFECTS: Mapping[str, Effect] = {effect.about.name: effect for effect in _ALL}
"""By name, in the order of the catalogue."""
