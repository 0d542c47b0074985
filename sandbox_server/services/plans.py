"""The plans that clients can be certified by."""

from collections.abc import Mapping

import msgspec

from sandbox_server.domain.certificates import FrozenPlan


class Plans(msgspec.Struct, frozen=True):
    """
    Plans that are known.

    Args:
        frozen: By name and version: `chain-core@1`.
    """

    frozen: Mapping[str, FrozenPlan] = {}
