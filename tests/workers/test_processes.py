"""How a worker is started, and how it ends."""

import signal
from typing import Any

import pytest

from sandbox_server.settings import Settings
from sandbox_server.workers import processes


def test_a_worker_that_is_still_loading_ends_as_soon_as_it_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(processes, "join", lambda _: seen.append(signal.getsignal(signal.SIGTERM)))
    before = signal.signal(signal.SIGTERM, gently := lambda *_: None)
    try:
        processes.Factory(Settings())()
        assert seen == [signal.SIG_DFL]
        assert signal.getsignal(signal.SIGTERM) is gently
    finally:
        signal.signal(signal.SIGTERM, before)
