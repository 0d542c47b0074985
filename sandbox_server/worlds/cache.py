"""Worlds as they were built before: one file for each fixture and seed, which nobody misses when it is gone."""

import hashlib
import logging
import re
from pathlib import Path

from sandbox_server import __version__
from sandbox_server.persistence import snapshot
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.persistence.snapshot import SnapshotError
from sandbox_server.worlds.geography import cities_text
from sandbox_server.worlds.reading import Source

_log = logging.getLogger(__name__)
_PACKAGE = Path(__file__).resolve().parent.parent
_RULES = ("kernel", "domain", "traffic", "services", "persistence", "worlds")
"""The parts of this package that decide a world's bytes."""


class WorldCache:
    """
    A world's place in a folder.

    Its name tells everything that decides the world's bytes: the fixture, the seed, the list of cities, and the code.
    """

    def __init__(self, folder: Path, source: Source, seed: int) -> None:
        self._folder = folder
        self._stem = f"{re.sub(r'[^A-Za-z0-9_-]', '_', source.name)}-{seed}-"
        self._path = folder / f"{self._stem}{_digest(source.text)}.world"

    def load(self) -> MemoryPersistence | None:
        """Return the world, or None where it is not there or its file is of no use."""
        try:
            return snapshot.load(self._path)
        except FileNotFoundError:
            return None
        except (OSError, SnapshotError) as error:
            _log.info("the world is built anew: %s", error)
            return None

    def save(self, world: MemoryPersistence) -> None:
        """Keep the world in place of older ones of its fixture and seed; where that cannot be, warn and go on."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for older in self._folder.glob(f"{self._stem}*.world"):
                older.unlink(missing_ok=True)
            snapshot.save(world, self._path)
        except OSError as error:
            _log.warning("the world is not kept for the next start, which will build it again: %s", error)


def _digest(fixture: str) -> str:
    digest = hashlib.blake2b(digest_size=10)
    for part in (__version__, str(snapshot.FORM), fixture, cities_text(), *map(_text, _code())):
        digest.update(f"{len(part)}/{part}".encode())
    return digest.hexdigest()


def _code() -> list[Path]:
    return [path for part in _RULES for path in sorted((_PACKAGE / part).glob("*.py"))]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
