"""The server as one ASGI application."""

import gc
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from sandbox_server import worlds
from sandbox_server.api.acorn import wire
from sandbox_server.api.acorn.errors import Problems, TokenProblems
from sandbox_server.api.acorn.labels import draw_label
from sandbox_server.api.acorn.limits import tariffs_of
from sandbox_server.api.acorn.operations import operations
from sandbox_server.api.closed import candid_operations
from sandbox_server.api.contract import Contract
from sandbox_server.api.judge import Judge
from sandbox_server.api.mount import Mounted, Mounts
from sandbox_server.api.refusals import RateLimited
from sandbox_server.api.wording import Wording
from sandbox_server.asgi import ASGIApp, Layer
from sandbox_server.certification.plan import frozen_plans
from sandbox_server.certification.trials import Trials
from sandbox_server.console.mount import console
from sandbox_server.control.beginnings import Beginnings
from sandbox_server.control.fault_forms import Forms
from sandbox_server.control.keeper import Keeper, logins_of
from sandbox_server.control.keeping import Keeping
from sandbox_server.control.logins import fixture_logins
from sandbox_server.control.mount import ROOT, control
from sandbox_server.control.record import Record
from sandbox_server.control.registry import Registry
from sandbox_server.control.resting import Resting
from sandbox_server.control.standing import Standing
from sandbox_server.kernel import clock
from sandbox_server.kernel.clock import VirtualClock
from sandbox_server.middleware.courier import Courier, Delivering
from sandbox_server.middleware.faults.layer import Faults
from sandbox_server.middleware.following import Certain, Following
from sandbox_server.middleware.journal import Recorder
from sandbox_server.middleware.pace import Pace
from sandbox_server.middleware.post import Post
from sandbox_server.middleware.stack import Edge, Powers, absent, assemble
from sandbox_server.middleware.throttle import Throttling
from sandbox_server.persistence.log import KeptServer, KeptTenant, Vault, VaultError
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.resources import contract_path
from sandbox_server.services import tills
from sandbox_server.services.access import Directory
from sandbox_server.services.archive import Archives, Retention
from sandbox_server.services.destinations import Destinations
from sandbox_server.services.journal import Journal
from sandbox_server.services.metrics import Metrics
from sandbox_server.services.plans import Plans
from sandbox_server.services.tenants import Tenant
from sandbox_server.settings import DEFAULT_WORLD, ClockMode, Settings
from sandbox_server.traffic.faults import FaultRules
from sandbox_server.traffic.throttle import Profile, Throttle
from sandbox_server.worlds import World

if TYPE_CHECKING:
    from sandbox_server.control.worker import Worker  # whose database needs an extra

Progress = Callable[[str, int, int], None]
_WARM_ORDERS = 10_000
"""A world with more orders is not kept a second time for tenants that may be made of it, but opened again for them."""
_DEFAULTS = Settings()


def create_sandbox(
    settings: Settings,
    progress: Progress = lambda *_: None,
    without: Collection[str] = (),
    vault: Vault | None = None,
    archives: Archives | None = None,
    worker: "Worker | None" = None,
) -> ASGIApp:
    """
    Return a sandbox; two calls share nothing.

    Args:
        settings: What it is started with.
        progress: Told of long work: what is being done, how far it is, how much there is.
        without: Powers whose layers are left out, by their names in `Powers`: to see what each costs.
        vault: Where its tenants outlive it, and are found again; None keeps them in memory alone.
        archives: The same of their journals.
        worker: This process, where others have the same tenants; they are in the vault.

    Raises:
        worlds.FixtureError: The fixture is missing, or is not one.
        VaultError: What the vault keeps cannot be read, or is another world than the settings name.
    """
    keeper = Keeper(vault, archives) if worker is None else Keeper(vault, ahead_seconds=0.0)
    if worker is not None:
        with worker.reading():
            app = _reopen(keeper, settings, without, worker)
    elif keeper.server is None:
        world = open_world(settings, progress)
        app = build_app([tenant_of(world, settings.clock or ClockMode.FROZEN)], world, settings, without, keeper)
    else:
        app = _reopen(keeper, settings, without)
    # What is loaded stays: the collector need not look through it again and again (`Resting`).
    gc.collect()
    gc.freeze()
    return app


def found_sandbox(settings: Settings, vault: Vault, progress: Progress = lambda *_: None) -> None:
    """
    Have a vault keep the world that the settings name, where it keeps none.

    Raises:
        worlds.FixtureError: The fixture is missing, or is not one.
    """
    keeper = Keeper(vault, ahead_seconds=0.0)
    if keeper.server is None:
        world = open_world(settings, progress)
        build_app([tenant_of(world, settings.clock or ClockMode.FROZEN)], world, settings, (), keeper)


def open_world(settings: Settings, progress: Progress) -> World:
    """Return the world that the settings name, from the cache where it has been made before."""
    world = worlds.open_world(settings.fixture or DEFAULT_WORLD, settings.seed, settings.cache, progress)
    with world.persistence.begin("opening", world.now) as tx:
        tills.open_doors(tx)
    return world


def tenant_of(world: World, mode: ClockMode) -> Tenant:
    """Return the default tenant, whose time starts where the world's history ends."""
    return Tenant("default", world.persistence, VirtualClock(world.now, clock.ClockMode[mode.name]))


def _reopen(keeper: Keeper, settings: Settings, without: Collection[str], worker: "Worker | None" = None) -> ASGIApp:
    """Return a sandbox that goes on where another ended, or beside others."""
    server = keeper.server
    assert server is not None, "a world was founded"
    _refuse_another_world(server, settings)
    kept = list(keeper.tenants())
    tenants = [tenant for _, tenant in kept]
    first = tenants[0]
    world = World(server.fixture, server.seed, first.now(), cast(MemoryPersistence, first.persistence), (), True)
    return build_app(tenants, world, settings, without, keeper, [one for one, _ in kept], worker)


def build_app(
    tenants: Sequence[Tenant],
    world: World,
    settings: Settings = _DEFAULTS,
    without: Collection[str] = (),
    keeper: Keeper | None = None,
    kept: Sequence[KeptTenant] = (),
    worker: "Worker | None" = None,
    trials: Trials | None = None,
) -> ASGIApp:
    """
    Return an application that serves the contracts to these tenants.

    Args:
        tenants: The first one answers for calls that show no credential.
        world: The world that it begins as.
        settings: What the server is started with.
        without: Powers whose layers are left out.
        keeper: Keeps what the operator makes of them.
        kept: What the tenants were when they were kept; none where they are new.
        worker: This process, where others have the same tenants.
        trials: The certifications; none yet where left out.
    """
    directory = Directory(tenants)
    contract = Contract(contract_path("marketplace.yaml").read_bytes())
    keeper = keeper or Keeper()
    equip = _equipment(contract, settings, keeper, worker)
    for tenant in tenants:
        equip(tenant)
    metrics = Metrics()
    oauth = TokenProblems()
    mounts = Mounts(
        [
            Mounted(
                contract,
                operations(contract, directory, world.name),
                Problems(),
                {"createToken": oauth, "revokeToken": oauth},
            )
        ],
        directory,
    )
    certain: Layer = partial(Certain, worker=worker) if worker is not None else absent
    edge = Edge(mounts.problems, mounts.routing, mounts.security, mounts.operations(), certain)
    wording = Wording(contract)
    operator = Contract(contract_path("control.yaml").read_bytes())
    forms = Forms(operator, wording)
    asked = forms.asked if settings.header_faults else None
    layers: dict[str, Layer] = {
        "journal": lambda app: Recorder(app, directory, metrics, mounts.documents),
        "throttle": lambda app: Throttling(app, directory, RateLimited),
        "faults": lambda app: Faults(app, directory, mounts.problems, wording, asked),
    }
    powers = Powers(**{name: layer for name, layer in layers.items() if name not in without})
    registry = _registry(directory, tenants, world, settings, equip, keeper, kept, worker)
    post = Post(Destinations(settings.allow_webhook_hosts), settings.webhook_timeout)
    courier = Courier(directory, wire.event, post, worker)
    judge, token = Judge(contract), settings.operator_token
    trials = trials if trials is not None else Trials(alone=settings.database is None)
    interface = control(operator, directory, registry, token, judge, metrics, forms, courier, trials, certain)
    pages = console(registry, interface, directory, token, trials, draw_label, settings.database)
    beside = {f"{ROOT}/v1": interface, f"{ROOT}/docs": interface, ROOT: pages}
    first = (worker.number if worker is not None else registry.restarts) << 32
    app = Resting(Delivering(assemble(edge, directory, world.seed, powers, beside, first), courier), registry.worlds)
    if worker is not None:
        return Following(Pace(app, directory, worker), worker)
    retention = Retention(timedelta(days=settings.journal_days), settings.journal_megabytes * 1_000_000)
    return Pace(Keeping(app, keeper, registry, retention), directory)


def _equipment(
    contract: Contract, settings: Settings, keeper: Keeper, worker: "Worker | None"
) -> Callable[[Tenant], None]:
    """Return what gives a tenant its powers."""
    candid, tariffs = candid_operations(contract), tariffs_of(contract)
    destinations, plans = Destinations(settings.allow_webhook_hosts), Plans(frozen_plans())

    def equip(tenant: Tenant) -> None:
        with tenant.read() as tx:
            faults = FaultRules(tx.seed, _milliseconds)
        profile = settings.throttle or (Profile.DEFAULT if tenant.runs else Profile.OFF)
        opened_ns = worker.opened_ns if worker is not None else None
        archive = keeper.archive_of(tenant.name)
        journal = Journal(tenant.name, settings.journal_limit, candid, opened_ns=opened_ns, archive=archive)
        tenant.equip(journal, faults)
        tenant.equip(Throttle(tariffs, profile), destinations, plans)
        if worker is not None:
            worker.equip(tenant)

    return equip


def _milliseconds() -> float:
    return clock.monotonic_ns() / 1_000_000


def _registry(
    directory: Directory,
    tenants: Sequence[Tenant],
    world: World,
    settings: Settings,
    equip: Callable[[Tenant], None],
    keeper: Keeper,
    kept: Sequence[KeptTenant],
    worker: "Worker | None",
) -> Registry:
    """Return what knows all tenants, and makes new ones."""
    source = keeper.server.source if keeper.server is not None else _source_of(settings)

    def open_again(fixture: str, seed: int | None) -> Standing:
        named = source if fixture == world.name else fixture
        return _standing(open_world(msgspec.structs.replace(settings, fixture=named, seed=seed), lambda *_: None))

    beginnings = Beginnings(open_again)
    logins = logins_of(kept[0]) if kept else fixture_logins(world)
    record = Record(tenants[0], world.name, world.seed, logins)
    registry = Registry(directory, beginnings, record, equip, settings.operator_token or "", keeper, source)
    if kept:
        registry.take_back(list(zip(kept, tenants, strict=True)))
    elif len(world.persistence.columns["orders"].positions) <= _WARM_ORDERS:
        beginnings.keep(_standing(world)._replace(persistence=world.persistence.fork()))
    if worker is not None:
        worker.join(registry)
        for one in kept:
            worker.recall(one.name)
        return registry
    if kept:
        _heed(settings, record)
    registry.keep()
    return registry


def _source_of(settings: Settings) -> str:
    """Return what a world is found by from wherever a server is started."""
    fixture = settings.fixture or DEFAULT_WORLD
    return str(Path(fixture).resolve()) if Path(fixture).suffix else fixture


def _refuse_another_world(server: KeptServer, settings: Settings) -> None:
    asked = [
        f"{flag} says {said}"
        for flag, said, kept in (
            ("--fixture", settings.fixture and Path(settings.fixture).stem, server.fixture),
            ("--seed", settings.seed, server.seed),
        )
        if said is not None and said != kept
    ]
    if asked:
        raise VaultError(
            f"A world of {server.fixture} with seed {server.seed} is kept in {settings.data_dir}, and "
            f"{' and '.join(asked)}. Leave that out to go on with it, begin anew with --fresh, which deletes it, or "
            "choose another --data-dir."
        )


def _heed(settings: Settings, record: Record) -> None:
    """Have the default tenant's clock and throttle as the settings say, where they say anything."""
    if settings.clock is not None:
        record.clock.run(clock.ClockMode[settings.clock.name])
    if settings.throttle is not None:
        record.tenant.power(Throttle).set(settings.throttle, {})


def _standing(world: World) -> Standing:
    return Standing(world.name, world.seed, world.now, world.persistence)
