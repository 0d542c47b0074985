"""What a fault waits for, in a test's hands: no test waits for the machine."""

import asyncio
import threading
from collections.abc import Callable

_PATIENCE_SECONDS = 30


class Waits:
    """
    Stands for real time.

    Args:
        seconds: How long faults have asked to wait, in order.
        meanwhile: Called, in the server's own thread, while one waits.
    """

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.begun = threading.Event()
        self._over = threading.Event()
        self._over.set()

    async def wait(self, seconds: float) -> None:
        """Wait for nothing, or for the test."""
        self.seconds.append(seconds)
        self.meanwhile()
        self.begun.set()
        await asyncio.to_thread(self._over.wait, _PATIENCE_SECONDS)

    def hold(self) -> None:
        """Let faults wait until they are let go."""
        self._over.clear()

    def let_go(self) -> None:
        """Let faults wait no longer."""
        self._over.set()
