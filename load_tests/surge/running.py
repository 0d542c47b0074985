"""Trials of a client, until the rate is found that it sustains."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from load_tests import target
from load_tests.errors import CannotRun
from load_tests.profile import Profile, read_profile
from load_tests.surge.search import Search
from load_tests.surge.stage import Stage
from load_tests.surge.stock import Watch
from load_tests.surge.trial import Trial
from load_tests.world import new_world
from sandbox_server.certification.client import CannotStart, ClientProgram, said
from sandbox_server.domain.arrivals import Profile as Arrivals
from sandbox_server.remote import Sandbox
from sandbox_server.testing.server import MarketplaceServer, NotStarted

_NAME = "surge"
_LOOK_SECONDS = 1.0
_STEPS = 1.5
_SECONDS_OF_A_DAY = 86_400.0
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """
    What was asked for on the command line.

    Args:
        command: The client's words; none where it runs already.
        base_url: The sandbox; None starts one.
        start: The first rate, in orders a minute of the marketplace's.
        trial_seconds: How long orders come in a trial, in real time.
        within: How long an order may take, in real seconds.
        scale: Virtual seconds in a real one.
        patience: How long a client has for its first call, in real seconds.
    """

    profile: str
    command: Sequence[str]
    base_url: str | None = None
    operator_token: str | None = None
    fixture: str | None = None
    throttle: str = "default"
    start: float = 30.0
    highest: float = 6000.0
    lowest: float = 1.0
    trial_seconds: float = 60.0
    within: float = 30.0
    scale: float = 1.0
    precision: float = 1.1
    seed: int = 1
    patience: float = 60.0


class Client(NamedTuple):
    """A client that runs, and the file that keeps what it says."""

    program: ClientProgram
    output: Path

    def last_words(self) -> str:
        """Return the last line that it said."""
        lines = said(self.output).strip().splitlines()
        return lines[-1] if lines else "it says nothing"


def run(wishes: Wishes, tell: Tell, say: Callable[[str], None]) -> dict[str, Any]:
    """
    Find the rate that a client sustains, and return the report.

    Raises:
        CannotRun: There is no sandbox, or the client does not call it.
    """
    profile = read_profile(wishes.profile)
    if profile.arrivals is Arrivals.RETURNS_WAVE:
        raise CannotRun("In a wave of returns nobody orders; take another profile.")
    trials: list[Trial] = []
    interrupted = False
    with _sandbox(wishes) as sandbox, new_world(sandbox, _NAME, wishes.fixture, "off", "FROZEN") as world:
        stage = Stage(world, sandbox.call("GET", f"/tenants/{world.name}"))
        stage.prepare(say)
        try:
            for trial in (_trials if wishes.command else _stairs)(wishes, profile, stage, tell, say):
                trials.append(trial)
                say(_told(trial))
        except KeyboardInterrupt:
            interrupted = True
    return _report(wishes, profile, trials, interrupted=interrupted)


def _trials(wishes: Wishes, profile: Profile, stage: Stage, tell: Tell, say: Tell) -> Iterator[Trial]:
    """Try a rate after the other, each in a copy of the same world."""
    search = Search(wishes.start, wishes.highest, wishes.lowest, wishes.precision)
    while (rate := search.next_rate()) is not None:
        say(f"Trying {rate:.0f} orders a minute…")
        with stage.copy() as own, _client(wishes, own) as client:
            _await_first_call(wishes, own, client, tell)
            trial = _trial(wishes, profile, own, rate, tell)
        search.tell(kept=trial.kept)
        yield trial


def _stairs(wishes: Wishes, profile: Profile, stage: Stage, tell: Tell, say: Tell) -> Iterator[Trial]:
    """Raise the rate step by step for a client that runs already, until it falls behind."""
    with stage.copy() as own:
        say("Start the client now, told this:")
        for name, value in own.environment(wishes.scale, _SECONDS_OF_A_DAY).items():
            say(f"  export {name}={value}")
        _set_going(wishes, own)
        _await_first_call(wishes, own, None, tell)
        rate, kept = wishes.start, True
        while kept and rate <= wishes.highest:
            say(f"Trying {rate:.0f} orders a minute…")
            trial = _trial(wishes, profile, own, rate, tell)
            kept, rate = trial.kept, rate * _STEPS
            yield trial


def _trial(wishes: Wishes, profile: Profile, stage: Stage, rate: float, tell: Tell) -> Trial:
    world = stage.world
    world.throttle(wishes.throttle)
    begun, since = time.monotonic(), stage.now()
    world.let_buyers_come(profile.arrivals, rate, wishes.trial_seconds * wishes.scale, wishes.seed)
    end = begun + wishes.trial_seconds
    stock = Watch(stage.stock)
    stock.glance(0.0)
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(_LOOK_SECONDS, left))
        stock.glance(time.monotonic() - begun)
        tell(f"{rate:.0f} orders a minute: {world.arrived()} have come, {max(0.0, left):.0f} s left")
    last = time.monotonic() + wishes.within
    while stage.waits(since) and time.monotonic() < last:
        tell(f"{rate:.0f} orders a minute: waiting for the last orders")
        time.sleep(min(_LOOK_SECONDS, wishes.within / 10))
        stock.glance(time.monotonic() - begun)
    stock.glance(time.monotonic() - begun, last=True)
    waited = time.monotonic() - end
    world.send_buyers_home()
    world.throttle("off")
    audit = world.audit(time.monotonic() - begun)
    orders = stage.orders(since)
    return Trial(
        rate, wishes.trial_seconds, waited, wishes.scale, wishes.within, orders, stage.calls(), stock.seen, audit
    )


@contextmanager
def _sandbox(wishes: Wishes) -> Iterator[Sandbox]:
    if wishes.base_url is None:
        try:
            with MarketplaceServer.start(wishes.fixture) as server:
                yield Sandbox(server.url)
        except NotStarted as error:
            raise CannotRun(str(error)) from error
        return
    found = target.find(wishes.base_url, wishes.operator_token)
    if found.sandbox is None:
        raise CannotRun("A surge needs a sandbox: only there do buyers come when they are asked to.")
    yield found.sandbox


@contextmanager
def _client(wishes: Wishes, stage: Stage) -> Iterator[Client]:
    """Set the world going, and the client in it."""
    _set_going(wishes, stage)
    with TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        whole = wishes.patience + wishes.trial_seconds + wishes.within + 60
        program = ClientProgram(wishes.command, stage.environment(wishes.scale, whole), output)
        try:
            program.start()
        except CannotStart as error:
            raise CannotRun(str(error)) from error
        try:
            yield Client(program, output)
        finally:
            program.stop()


def _set_going(wishes: Wishes, stage: Stage) -> None:
    stage.world.throttle(wishes.throttle)
    stage.world.own("PUT", "/clock", {"mode": "SCALED", "scale": wishes.scale})


def _await_first_call(wishes: Wishes, stage: Stage, client: Client | None, tell: Tell) -> None:
    end = time.monotonic() + wishes.patience
    while not stage.has_been_called():
        tell("Waiting for the client's first call")
        if client is not None and not client.program.is_running:
            raise CannotRun(f"The client ended before it called: {client.last_words()}")
        if client is not None and time.monotonic() > end:
            raise CannotRun(f"The client has not called within {wishes.patience:g} s: {client.last_words()}")
        time.sleep(0.1)


def _told(trial: Trial) -> str:
    waits = f"at most {trial.peak_backlog} waited"
    return f"  {'kept up' if trial.kept else 'fell behind'}: {len(trial.orders)} orders, {waits}" + (
        "" if trial.kept else f"; {trial.broken[0]}"
    )


def _report(wishes: Wishes, profile: Profile, trials: Sequence[Trial], *, interrupted: bool) -> dict[str, Any]:
    kept = max((trial.per_minute for trial in trials if trial.kept), default=0.0)
    behind = min((trial.per_minute for trial in trials if not trial.kept and trial.per_minute > kept), default=None)
    failed = next((trial for trial in trials if trial.per_minute == behind), None)
    return {
        "kind": "surge",
        "sustainedPerMinute": round(kept, 1),
        "fellBehindPerMinute": round(behind, 1) if behind is not None else None,
        "why": failed.report()["why"] if failed else [],
        "interrupted": interrupted,
        "madeAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": {
            "profile": profile.name,
            "about": profile.about,
            "command": list(wishes.command),
            "fixture": wishes.fixture or "",
            "throttle": wishes.throttle,
            "trialSeconds": wishes.trial_seconds,
            "withinSeconds": wishes.within,
            "scale": wishes.scale,
            "seed": wishes.seed,
        },
        "trials": [trial.report() for trial in trials],
    }
