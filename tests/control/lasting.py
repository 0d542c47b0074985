"""A stage whose tenants outlive it."""

import asyncio
import gc
import shutil
from pathlib import Path
from threading import Event
from typing import Any

from sandbox_server.app import create_sandbox
from sandbox_server.asgi import ASGIApp, Message
from sandbox_server.control.keeping import Keeping
from sandbox_server.middleware.pace import Pace
from sandbox_server.persistence.sqlite.archive import JournalFile
from sandbox_server.persistence.sqlite.vault import SqliteVault
from sandbox_server.settings import Settings
from tests.control.stage import Stage


class Lasting(Stage):
    """
    small_chain, kept in a folder.

    Args:
        folder: Where it is kept, and goes on from.
        cache_dir: Where made worlds are.
    """

    def __init__(self, folder: Path, cache_dir: Path, **settings_: Any) -> None:
        self.folder = folder
        self.settings = settings = Settings(data_dir=folder, cache_dir=cache_dir, **settings_)
        self.vault, self.archives = SqliteVault(folder), JournalFile(folder)
        self.app: ASGIApp = create_sandbox(settings, vault=self.vault, archives=self.archives)
        gc.unfreeze()  # what a start takes away from the collector
        assert isinstance(self.app, Pace)
        keeping = self.app._app
        assert isinstance(keeping, Keeping)
        self.keeping = keeping

    def tick(self) -> None:
        """Let a second pass in which nobody calls; the journal is on disk then."""
        self.keeping._keeper.look_after(self.keeping._registry)
        written = Event()
        self.archives.do(lambda _: written.set)
        assert written.wait(60)

    def stop(self) -> None:
        """Live, and be told to stop."""
        asyncio.run(_live(self.app))

    def kill(self, folder: Path) -> Path:
        """Return what would be found were the process killed now."""
        return shutil.copytree(self.folder, folder)


async def _live(app: ASGIApp) -> None:
    phases: asyncio.Queue[Message] = asyncio.Queue()
    answers: asyncio.Queue[Message] = asyncio.Queue()
    life = asyncio.ensure_future(app({"type": "lifespan"}, phases.get, answers.put))
    await phases.put({"type": "lifespan.startup"})
    assert (await answers.get())["type"] == "lifespan.startup.complete"
    await phases.put({"type": "lifespan.shutdown"})
    await life
