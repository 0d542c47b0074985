"""A load from its beginning to its report."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from load_tests import locusts, slo, systems, target
from load_tests.errors import CannotRun
from load_tests.locusts import Tell
from load_tests.plan import Plan
from load_tests.profile import Profile, read_profile
from load_tests.record import Outcome, Record
from load_tests.result import Books, Oracle, result
from load_tests.target import Credentials, Target
from load_tests.world import Auditor, World, new_world
from sandbox_server.domain.arrivals import Profile as Arrivals

_TENANT = "load"
_ORDERS_OF_WHAT_TERMINALS_CAN = 0.9
_MOST_A_MINUTE = 60_000.0


@dataclass(frozen=True)
class Wishes:
    """
    What was asked for on the command line.

    Args:
        profile: The name of a profile, or a file.
        duration_seconds: None takes the profile's own.
        pace: Rounds a second of each user where the load is highest.
        processes: Load generators of this machine.
        others: Load generators of other machines that will join.
        bind: Where those find this one.
        fixture: What the world begins as.
    """

    profile: str
    base_url: str
    users: int = 20
    duration_seconds: float | None = None
    pace: float = 1.0
    processes: int = 1
    others: int = 0
    bind: str = "0.0.0.0:5557"
    seed: int = 1
    credentials: Credentials = field(default_factory=Credentials)
    operator_token: str | None = None
    fixture: str | None = None
    throttle: str = "off"
    slo: Path = slo.DEFAULT
    web_port: int | None = None
    web_host: str = "127.0.0.1"


def run(wishes: Wishes, tell: Tell, say: Callable[[str], None]) -> dict[str, Any]:
    """
    Run a load and return its report.

    Args:
        tell: Hears each second how it stands.
        say: Hears, in words, what is done next.

    Raises:
        CannotRun: It cannot begin.
    """
    locusts.check_installed()
    profile, promises = read_profile(wishes.profile), slo.read(wishes.slo)
    found_target = target.find(wishes.base_url, wishes.operator_token)
    with _world(wishes, found_target) as world:
        credentials = world.credentials if world else wishes.credentials
        target.check(found_target.url, credentials)
        if world is not None:
            say(f"{profile.name} goes to a world of its own at {found_target.url}: {world.fixture}.")
        else:
            say(f"{profile.name} goes to {found_target.url}; it is not audited: {found_target.why_not}.")
        with TemporaryDirectory() as folder:
            plan = _plan(wishes, profile, found_target.url, credentials, str(Path(folder) / "found.json"))
            found, oracle = _under_load(wishes, profile, plan, found_target, world, tell)
    return result(_facts(wishes, profile, plan, found_target, world), found, promises, oracle)


@contextmanager
def _world(wishes: Wishes, found: Target) -> Iterator[World | None]:
    if found.sandbox is None:
        yield None
    else:
        with new_world(found.sandbox, _TENANT, wishes.fixture, wishes.throttle) as world:
            yield world


def _plan(wishes: Wishes, profile: Profile, url: str, credentials: Credentials, file: str) -> Plan:
    users = systems.shares(profile.systems, wishes.users)
    processes = wishes.processes + wishes.others
    if processes > wishes.users:
        raise CannotRun(f"{processes} processes cannot share {wishes.users} users; ask for more with --users.")
    return Plan(
        name=f"load-{time.time_ns():x}",
        url=url,
        client_id=credentials.client_id,
        client_secret=credentials.client_secret,
        api_key=credentials.api_key,
        knots=tuple((knot.at, knot.rate) for knot in profile.curve.knots),
        users=users,
        seconds=wishes.duration_seconds or profile.minutes * 60,
        rounds_at_peak=wishes.pace,
        seed=wishes.seed,
        processes=processes,
        result=file,
        once=wishes.web_port is None,
    )


def _under_load(
    wishes: Wishes, profile: Profile, plan: Plan, found: Target, world: World | None, tell: Tell
) -> tuple[dict[str, Any], Oracle]:
    def load() -> dict[str, Any]:
        host = plan.url.removesuffix("/v1")
        page = (wishes.web_host, wishes.web_port) if wishes.web_port is not None else None
        return locusts.run(plan, host, wishes.others, wishes.bind, page, tell)

    if world is None:
        return load(), Oracle((), (), found.why_not)
    auditor = Auditor(world)
    with auditor.watching():
        world.let_buyers_come(profile.arrivals, _orders_a_minute(profile, plan), plan.seconds, plan.seed)
        ran = load()
        world.stand_still()
    return ran, Oracle(auditor.audits, _books(world, profile, ran), auditor.trouble)


def _orders_a_minute(profile: Profile, plan: Plan) -> float:
    """Return how many buyers come on average: nearly as many as the terminals, or the returns desk, can serve."""
    serving = "returns_desk" if profile.arrivals is Arrivals.RETURNS_WAVE else "store_terminal"
    rounds = max(1, plan.users.get(serving, 0)) * plan.rounds_at_peak / profile.curve.peak * 60
    return min(_MOST_A_MINUTE, max(0.1, rounds * _ORDERS_OF_WHAT_TERMINALS_CAN))


def _books(world: World, profile: Profile, ran: Mapping[str, Any]) -> list[Books]:
    """Hold what was answered, and who arrived, against what there is; a call cut off may have been done."""
    operations = Record.unpacked(ran["record"]).operations
    shipments = operations.get("createShipment")
    books = []
    if profile.arrivals is not Arrivals.RETURNS_WAVE:
        books.append(Books("orders", world.arrived(), world.count("orders") - world.counts["orders"]))
    if shipments is not None and not ran["interrupted"] and not shipments.outcomes[Outcome.FAILED]:
        done = shipments.outcomes[Outcome.ANSWERED]
        books.append(Books("shipments", done, world.count("shipments") - world.counts["shipments"]))
    return books


def _facts(wishes: Wishes, profile: Profile, plan: Plan, found: Target, world: World | None) -> dict[str, Any]:
    return {
        "profile": profile.name,
        "about": profile.about,
        "source": profile.source,
        "url": found.url,
        "fixture": world.fixture if world else "",
        "throttle": wishes.throttle if world else "",
        "seconds": plan.seconds,
        "users": dict(plan.users),
        "pace": plan.rounds_at_peak,
        "ordersPerMinute": round(_orders_a_minute(profile, plan), 1) if world else 0.0,
        "seed": plan.seed,
        "processes": plan.processes,
    }
