"""What a tenant takes, beside a world that has to be opened first."""

from pathlib import Path

from load_tests.benchmarks.footprint import Facts, Promise
from load_tests.benchmarks.processes import Tell, probe
from load_tests.benchmarks.report import Section
from sandbox_server.settings import DEFAULT_WORLD, Settings

LARGE_WORLD = "regional_chain"
MADE = Promise("a new tenant", lambda facts: facts["tenantMs"], 20, "ms")
FORKED = Promise("a fork", lambda facts: facts["forkMs"], 100, "ms")
MEMORY = Promise("an idle tenant", lambda facts: facts["megabytesEach"], 30, "megabytes")


def measure(
    tell: Tell = lambda _: None,
    small: str = DEFAULT_WORLD,
    large: str = LARGE_WORLD,
    data_dir: Path | None = None,
    count: int = 500,
    spared: int = 100,
    large_count: int = 12,
) -> Section:
    """
    Return what is found by fresh processes, in which tenants are made as the operator makes them.

    Args:
        tell: Hears how far long work is.
        small: The world that many tenants are made of.
        large: The world that is forked.
        data_dir: Where worlds are cached; None for where `serve` keeps them.
        count: Tenants of the small world.
        spared: The first of them, whose memory is not looked at: what all share comes with them.
        large_count: Tenants of the large one.
    """
    folder = str((data_dir or Settings().data_dir).resolve())
    found: dict[str, Facts] = {}
    for world, tenants, first in ((small, count, spared), (large, large_count, 1)):
        tell(f"{world} into the cache")
        probe("start", world, folder, tell=tell)
        tell(f"{tenants} tenants of {world}")
        found[world] = probe("tenants", world, folder, str(tenants), str(first))
    return _section(found, small, large)


def _section(found: dict[str, Facts], small: str, large: str) -> Section:
    judged = ((small, MADE), (small, MEMORY), (large, FORKED))
    rows = []
    for world, facts in found.items():
        rows.append((f"{world}, opened", f"{facts['coldMs']:.0f} ms", "1", ""))
        for of, promise in judged:
            if of == world:
                rows.append((f"{world}, {promise.what}", *_figures(promise, facts)))
    broken = [
        f"{world}, {promise.what}: {promise.figure(found[world])}, {promise.limit} were promised"
        for world, promise in judged
        if promise.of(found[world]) > promise.most
    ]
    rounded = {world: {name: round(value, 3) for name, value in facts.items()} for world, facts in found.items()}
    title = "Tenants; processor time, also as a share of opening their world from the cache"
    return Section("tenants", title, ("", "measured", "share", "at the most"), rows, rounded, broken)


def _figures(promise: Promise, facts: Facts) -> tuple[str, str, str]:
    share = f"{promise.of(facts) / facts['coldMs']:.4f}" if promise.unit == "ms" else ""
    return promise.figure(facts), share, promise.limit
