"""Locust's processes: started, listened to, and ended."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any

from load_tests.errors import CannotRun
from load_tests.plan import VARIABLE, Plan
from sandbox_server.leash import Leashed

ROOT = Path(__file__).resolve().parents[1]
_LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_PORT = "5557"
_STOP_SECONDS = 10
_GRACE_SECONDS = 90
Tell = Callable[[Mapping[str, Any]], None]
"""Hears how a run stands, each second."""


def check_installed() -> None:
    """
    Raises:
        CannotRun: Locust is not installed.
    """
    if find_spec("locust") is None:
        raise CannotRun("Locust is not installed; it comes with the extra: pip install 'acorn-sandbox[load]'.")


def run(plan: Plan, host: str, others: int, bind: str, page: tuple[str, int] | None, tell: Tell) -> dict[str, Any]:
    """
    Run a plan, and return what Locust wrote down.

    Args:
        host: The target, as Locust's page shows it.
        others: Workers of other hosts that will join.
        bind: Where those find Locust's master, as in `0.0.0.0:5557`, which is Locust's own port.
        page: Address and port of Locust's page; None for none.

    Raises:
        CannotRun: Locust does not run.
        KeyboardInterrupt: Ctrl-C came before anything was written down.
    """
    users = str(sum(plan.users.values()))
    own = 0 if plan.processes == 1 else plan.processes - others
    words = ["-u", users, "-r", users, "-H", host, "-s", str(_STOP_SECONDS)]
    words += ["--headless"] if page is None else ["--autostart", "--web-host", page[0], "--web-port", str(page[1])]
    master_host, master_port = _address(bind)
    if plan.processes > 1:
        port = master_port if others else str(_free_port())
        host_name = master_host if others else "127.0.0.1"
        words += ["--master", "--master-bind-host", host_name, "--master-bind-port", port]
        words += ["--expect-workers", str(plan.processes)]
        joining = ["--worker", "--master-host", "127.0.0.1", "--master-port", port]
    with TemporaryDirectory() as folder, TemporaryFile() as complaints:
        words += ["--json-file", str(Path(folder) / "locust.json"), "--only-summary"]
        with _locust(words, complaints, folder, plan) as leader:
            workers = [_start(joining, complaints, folder, None) for _ in range(own)]
            try:
                interrupted = _listen(leader, tell)
            finally:
                for worker in workers:
                    _end(worker)
        return _found(plan, complaints, interrupted=interrupted)


def join(master: str) -> int:
    """Work for the master of another host until it needs no more; return Locust's exit status."""
    host, port = _address(master)
    with TemporaryDirectory() as folder:
        worker = _start(["--worker", "--master-host", host, "--master-port", port], None, folder, None)
        try:
            return worker.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            _end(worker)


@contextmanager
def _locust(words: Sequence[str], complaints: IO[bytes], folder: str, plan: Plan) -> Iterator[Leashed[str]]:
    process = _start(words, complaints, folder, plan)
    try:
        yield process
    finally:
        _end(process)


def _start(words: Sequence[str], complaints: IO[bytes] | None, folder: str, plan: Plan | None) -> Leashed[str]:
    """Start Locust in a folder where no configuration of its lies, and in a session that Ctrl-C does not reach."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [environment.get("PYTHONPATH")])])
    if plan is not None:
        environment[VARIABLE] = plan.text()
    return Leashed(
        [sys.executable, "-m", "locust", "-f", str(_LOCUSTFILE), "--loglevel", "WARNING", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if plan is not None else subprocess.DEVNULL,
        stderr=complaints,
        text=True,
        encoding="utf-8",
        env=environment,
        cwd=folder,
    )


def _listen(leader: Leashed[str], tell: Tell) -> bool:
    """Hear how the run stands until it is over; whether Ctrl-C ended it."""
    assert leader.stdout is not None
    interrupted = False
    while True:
        try:
            for line in leader.stdout:
                if line.startswith("{"):
                    tell(json.loads(line))
            leader.wait()
        except KeyboardInterrupt:
            interrupted = True
            leader.send_signal(signal.SIGTERM)
        else:
            return interrupted


def _found(plan: Plan, complaints: IO[bytes], *, interrupted: bool) -> dict[str, Any]:
    result = Path(plan.result)
    if not result.exists() or not result.stat().st_size:
        if interrupted:
            raise KeyboardInterrupt
        complaints.seek(0)
        said = complaints.read().decode("utf-8", "replace").strip().splitlines()
        raise CannotRun(f"Locust does not run: {said[-1] if said else 'it says nothing'}")
    found: dict[str, Any] = json.loads(result.read_text("utf-8"))
    return found | {"interrupted": interrupted and found["seconds"] < plan.seconds}


def _end(process: Leashed[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.let_go()
    if process.stdout is not None:
        process.stdout.close()


def _address(text: str) -> tuple[str, str]:
    host, _, port = text.partition(":")
    return host, port or _PORT


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
