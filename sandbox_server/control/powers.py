"""What a tenant has beside its world: each power says what of it belongs into a snapshot."""

from collections.abc import Callable, Mapping
from typing import Protocol

from sandbox_server.services.tenants import Tenant


class Power(Protocol):
    """Something that a tenant owns and that snapshots carry."""

    def keep(self) -> bytes:
        """Return what `go_back_to` needs."""
        ...

    def go_back_to(self, kept: bytes) -> None:
        """Become what was kept; b"" stands for what a new tenant has."""
        ...


POWERS: Mapping[str, Callable[[Tenant], Power]] = {}
"""The powers of a tenant by the names that stand in snapshot files."""


def keep(tenant: Tenant) -> dict[str, bytes]:
    """Return what the tenant's powers want to be kept."""
    return {name: find(tenant).keep() for name, find in POWERS.items()}


def go_back(tenant: Tenant, kept: Mapping[str, bytes]) -> None:
    """Put the tenant's powers back to what was kept; those of which nothing was kept begin anew."""
    for name, find in POWERS.items():
        find(tenant).go_back_to(kept.get(name, b""))
