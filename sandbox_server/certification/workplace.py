"""Where a run keeps what it makes until that is whole: a folder in the place where its report is wanted."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

_PREFIX = ".run-"


@contextmanager
def workplace(home: Path) -> Iterator[Path]:
    """
    Give a run a folder until the block ends, and take away those of runs that were killed.

    Args:
        home: Where its report is wanted.
    """
    home.mkdir(parents=True, exist_ok=True)
    with ExitStack() as lasting:
        # Whoever begins at the same time is not to find the folder before it is locked.
        with _locked(home, waits=True):
            _tidy(home)
            folder = TemporaryDirectory(dir=home, prefix=_PREFIX)
            lasting.enter_context(_locked(Path(folder.name), waits=True))
        yield Path(lasting.enter_context(folder))


def _tidy(home: Path) -> None:
    for left in home.glob(f"{_PREFIX}*"):
        with suppress(OSError), _locked(left, waits=False) as nobodys:
            if nobodys:
                rmtree(left)


@contextmanager
def _locked(folder: Path, *, waits: bool) -> Iterator[bool]:
    """Lock a folder until the block ends, or this process; tell whether that could be done."""
    if sys.platform == "win32":  # where no folder can be locked, what was left behind stays
        yield False
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield _lock(descriptor, waits=waits)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, *, waits: bool) -> bool:
    import fcntl  # noqa: PLC0415 - where there is none, nobody comes here

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
