"""Opening a world: built from its seed, or loaded as it was built before."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sandbox_server.kernel.clock import whole_milliseconds
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.worlds.cache import WorldCache
from sandbox_server.worlds.reading import read_fixture
from sandbox_server.worlds.schema import Fixture, Login, Progress


class World(NamedTuple):
    """
    A world as it stands at its first moment.

    Args:
        name: The fixture's name.
        seed: What chance followed from.
        now: The first moment.
        persistence: What keeps it.
        credentials: Who may call, with their secrets, to be printed.
        from_cache: Whether it was loaded as it was built before.
    """

    name: str
    seed: int
    now: datetime
    persistence: MemoryPersistence
    credentials: tuple[Login, ...]
    from_cache: bool


def open_world(fixture: str | Path, seed: int | None, cache_dir: Path | None, progress: Progress) -> World:
    """
    Return a world, from the cache where it is there.

    Args:
        fixture: The name of one that comes with the sandbox, as in "small_chain", or the path of a YAML file.
        seed: What chance follows from; None for the fixture's own.
        cache_dir: Where worlds are kept once they are built; None for nowhere.
        progress: Is told a phase, and how much of how much of it is done.

    Raises:
        FixtureError: There is no such fixture, or it is wrong.
    """
    source = read_fixture(fixture)
    chosen = source.fixture.seed if seed is None else seed
    cache = WorldCache(cache_dir, source, chosen) if cache_dir is not None else None
    kept = cache.load() if cache is not None else None
    persistence = kept or _build(source.fixture, chosen, progress)
    if cache is not None and kept is None:
        cache.save(persistence)
    now = whole_milliseconds(source.fixture.now)
    return World(source.name, chosen, now, persistence, source.fixture.credentials, from_cache=kept is not None)


def _build(fixture: Fixture, seed: int, progress: Progress) -> MemoryPersistence:
    # Making a world takes libraries that one which is loaded has no need of, and a start has no time for.
    from sandbox_server.worlds.builder import build  # noqa: PLC0415

    return build(fixture, seed, progress)
