"""The plans that clients can be certified by."""

from collections.abc import Mapping

import msgspec


class Plans(msgspec.Struct, frozen=True):
    """
    Plans that are known.

    Args:
        frozen: The hash that each was frozen with, by its name and version: `chain-core@1`.
    """

    frozen: Mapping[str, str] = {}
