"""What a sandbox is started with."""

from enum import StrEnum
from pathlib import Path

import msgspec

from sandbox_server.traffic.throttle import Profile

DEFAULT_WORLD = "small_chain"


class ClockMode(StrEnum):
    """How virtual time passes: not at all, so that the same calls give the same bytes; or at the pace of real time."""

    FROZEN = "frozen"
    REAL = "real"


class Settings(msgspec.Struct, frozen=True):
    """
    The settings of one sandbox; each has a flag of `serve`, and an environment variable (`SANDBOX_PORT`, …).

    Args:
        host: The address to listen on.
        port: The port; 0 takes a free one.
        fixture: The world's name, or the path of a fixture's YAML; None goes on with the world that is kept, or begins
            with the default one.
        seed: What all chance follows from; None goes on with the kept world's, or takes the fixture's own.
        clock: How virtual time passes; None goes on as the clock that is kept, or leaves it frozen.
        data_dir: Where tenants are kept, and worlds are cached.
        cache_dir: Where worlds are cached instead.
        ephemeral: Whether tenants are kept in memory alone; then worlds are cached where that is asked for.
        fresh: Whether what is kept is deleted first.
        database: The URL of the PostgreSQL that keeps tenants instead, for as many workers as there are.
        workers: How many processes serve; more than one need a database.
        journal_days: How long calls are kept on disk, in real time.
        journal_megabytes: How much of the disk all tenants' calls may take; the oldest leave.
        throttle: How many calls a credential may make; None limits nothing while the clock stands, and is `default`
            where it runs.
        header_faults: Whether a call may ask for a fault itself, with `X-Sandbox-Fault`.
        journal_limit: How many calls of each tenant are held in memory; the oldest leave, for the disk where there is
            one.
        allow_webhook_hosts: Hosts, addresses and networks beside public ones that webhooks may be sent to.
        webhook_timeout: How many seconds of real time a receiver of webhooks has to answer.
        operator_token: What the operator's interface asks for; None leaves it open, which a loopback address may be.
        log_level: What is told of: `debug`, `info`, `warning`, `error` or `critical`.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    fixture: str | None = None
    seed: int | None = None
    clock: ClockMode | None = None
    data_dir: Path = Path(".sandbox")
    ephemeral: bool = False
    throttle: Profile | None = None
    header_faults: bool = True
    journal_limit: int = 100_000
    allow_webhook_hosts: tuple[str, ...] = ()
    webhook_timeout: float = 15.0
    operator_token: str | None = None
    log_level: str = "warning"
    cache_dir: Path | None = None
    fresh: bool = False
    database: str | None = None
    workers: int = 1
    journal_days: float = 30
    journal_megabytes: int = 1000

    @property
    def cache(self) -> Path | None:
        """Where worlds are cached; None for nowhere."""
        return self.cache_dir or (None if self.ephemeral else self.data_dir / "cache")
