"""What a tenant has beside its world: a power may say what of it belongs into a snapshot."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Protocol, runtime_checkable

from sandbox_server.control.errors import BadSnapshot
from sandbox_server.services.tenants import Tenant


@runtime_checkable
class Kept(Protocol):
    """
    A power that snapshots carry.

    Args:
        kept_as: Its name in snapshot files.
    """

    kept_as: ClassVar[str]

    def keep(self) -> bytes:
        """Return what `go_back_to` needs."""
        ...

    def go_back_to(self, kept: bytes) -> None:
        """
        Become what was kept; b"" stands for what a new tenant has.

        Raises:
            ValueError: It was not kept by such a power.
        """
        ...


def keep(tenant: Tenant) -> dict[str, bytes]:
    """Return what the tenant's powers want to be kept."""
    return {power.kept_as: power.keep() for power in _kept(tenant)}


def go_back(tenant: Tenant, kept: Mapping[str, bytes]) -> None:
    """
    Put the tenant's powers back to what was kept; those of which nothing was kept begin anew.

    Raises:
        BadSnapshot: What was kept is not what a power keeps.
    """
    for power in _kept(tenant):
        try:
            power.go_back_to(kept.get(power.kept_as, b""))
        except ValueError as error:
            raise BadSnapshot(f"The file is damaged: of its {power.kept_as}: {error}.") from None


def _kept(tenant: Tenant) -> Iterator[Kept]:
    return (power for power in tenant.powers if isinstance(power, Kept))
