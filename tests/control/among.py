"""Stages that are workers of one marketplace, in this process: what one of them does, the others follow."""

import gc
from pathlib import Path
from typing import Any

from sandbox_server.control.worker import Worker
from sandbox_server.middleware.following import Following
from sandbox_server.settings import Settings
from sandbox_server.workers import joining
from tests.control.stage import Stage

SHOP = str(Path(__file__).parents[1] / "e2e" / "one_shop.yaml")


class Among(Stage):
    """
    A worker over a database, that has one shop where nobody has founded another.

    Args:
        url: Where the database is.
        cache_dir: Where made worlds are.
    """

    def __init__(self, url: str, cache_dir: Path, **settings_: Any) -> None:
        self.settings = settings = Settings(database=url, cache_dir=cache_dir, fixture=SHOP, **settings_)
        joining.found(settings, lambda *_: None)
        self.app = app = joining.join(settings)
        gc.unfreeze()  # what a start takes away from the collector
        assert isinstance(app, Following)
        assert isinstance(app._worker, Worker)
        self.worker = app._worker
        self.worker.look_after()

    def close(self) -> None:
        """Be no longer one of them."""
        self.worker.close()
