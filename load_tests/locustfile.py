"""
What Locust runs: the systems of a chain, as the plan in `ACORN_LOAD_PLAN` says.

`acorn-sandbox load` writes the plan and starts Locust with it. The process that leads a run, alone or over workers,
prints how it stands as a line of JSON each second, and writes what came of it into the plan's file at the end.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import gevent
from locust import events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from load_tests.plan import VARIABLE, Plan
from load_tests.record import Outcome, Record, outcome
from load_tests.users.orders import OrderPoller, StoreTerminal
from load_tests.users.returns import ReturnsDesk
from load_tests.users.run import Run
from load_tests.users.stock import PriceUpdater, StockSync
from load_tests.users.system import LATE, MAY_REFUSE, System, runs
from load_tests.users.webhooks import WebhookReceiver

SYSTEMS: tuple[type[System], ...] = (
    OrderPoller,
    StoreTerminal,
    StockSync,
    PriceUpdater,
    ReturnsDesk,
    WebhookReceiver,
)
_RECORD = "acorn_record"
_GOODBYE_SECONDS = 1.0
"""What a worker waits before it ends, so that all it has said has left."""


def add_plan(parser: ArgumentParser, **_: Any) -> None:
    """Take the plan from the environment; Locust's master hands it to its workers."""
    parser.add_argument("--acorn-plan", env_var=VARIABLE, default="", include_in_web_ui=False)


def prepare(environment: Environment, **_: Any) -> None:
    """Say how many there are of each system; have workers tell the master what came of their calls."""
    if environment.parsed_options is not None and environment.parsed_options.acorn_plan:
        plan = _plan(environment)
        for system in SYSTEMS:
            system.fixed_count = plan.users.get(system.kind, 0)
            system.weight = 0 if system.kind not in plan.users else 1
        environment.user_classes = [system for system in SYSTEMS if system.fixed_count]
    if isinstance(environment.runner, MasterRunner):
        environment.runner.register_message(_RECORD, _hear)


def begin(environment: Environment, **_: Any) -> None:
    """Begin a run in this process."""
    runner = environment.runner
    part = runner.worker_index if isinstance(runner, WorkerRunner) else 0
    run = runs[id(environment)] = Run(_plan(environment), part)
    if isinstance(runner, WorkerRunner):
        gevent.spawn(_tell_master, environment, run)
    else:
        gevent.spawn(_lead, environment, run)


def note(
    name: str, response_time: float, context: dict[str, Any], response: Any, exception: Exception | None, **_: Any
) -> None:
    """Write down a call."""
    run = next(iter(runs.values()))
    status = int(response.status_code or 0)
    result = outcome(status, exception, may_refuse=context.get(MAY_REFUSE, False))
    run.record.note(name, run.at(), result, response_time / 1000, float(context.get(LATE, 0.0)))
    if result is Outcome.FAILED:
        said = (response.text or str(exception))[:300]
        run.record.sample(f"{name}: {status or 'no answer'}: {said}")


def stop(environment: Environment, **_: Any) -> None:
    """Tell the master the last calls, and end with the run: Locust's master forgets workers that have stopped."""
    runner = environment.runner
    if isinstance(runner, WorkerRunner):
        run = runs[id(environment)]
        _send(environment, run)
        if run.plan.once:
            gevent.spawn_later(_GOODBYE_SECONDS, runner.greenlet.kill, block=False)


def finish(environment: Environment, **_: Any) -> None:
    """Write down what came of the run."""
    runner = environment.runner
    run = runs.get(id(environment))
    if runner is None or run is None or isinstance(runner, WorkerRunner):
        return
    runner.quit()
    _measure(environment, run)
    found = {
        "seconds": run.lasted or run.at(),
        "busy": runner.cpu_warning_emitted,
        "exceptions": [f"{one['msg']}" for one in runner.exceptions.values()],
        "record": run.record.packed(),
    }
    Path(run.plan.result).write_text(json.dumps(found), "utf-8")
    # Whether it was good enough is judged by whoever started us.
    environment.process_exit_code = 0


def _plan(environment: Environment) -> Plan:
    assert environment.parsed_options is not None
    return Plan.read(environment.parsed_options.acorn_plan)


def _lead(environment: Environment, run: Run) -> None:
    """Tell how the run stands each second, and end it when it is over."""
    assert environment.runner is not None
    before = 0
    while runs[id(environment)] is run and run.at() < run.plan.seconds:
        gevent.sleep(min(1.0, max(0.0, run.plan.seconds - run.at())))
        _measure(environment, run)
        total = run.record.total()
        standing = {
            "second": run.at(),
            "calls": total.calls,
            "rate": total.calls - before,
            "p99Ms": total.opened.quantile(0.99) * 1000,
            **{str(name): number for name, number in total.outcomes.items()},
        }
        before = total.calls
        print(json.dumps(standing), flush=True)
    run.lasted = run.at()
    environment.runner.stop()
    if run.plan.once:
        environment.runner.quit()


def _tell_master(environment: Environment, run: Run) -> None:
    while runs[id(environment)] is run and run.at() < run.plan.seconds:
        gevent.sleep(1.0)
        _send(environment, run)


def _send(environment: Environment, run: Run) -> None:
    """Send the master what it has not heard, and forget it."""
    assert isinstance(environment.runner, WorkerRunner)
    _measure(environment, run)
    packed, run.record = run.record.packed(), Record()
    environment.runner.send_message(_RECORD, packed)


def _hear(environment: Environment, msg: Any, **_: Any) -> None:
    runs[id(environment)].record.merge(Record.unpacked(msg.data))


def _measure(environment: Environment, run: Run) -> None:
    """Keep how much waits in this process, and how much was done that is no call; a master has no users."""
    if isinstance(environment.runner, MasterRunner):
        return
    now = run.at()
    run.record.gauge(now, "backlog", run.part, len(run.orders))
    run.record.gauge(now, "stockLines", run.part, run.lines_reported)
    run.record.gauge(now, "webhooks", run.part, run.webhooks_taken)


_hooks: Any = events
_hooks.init_command_line_parser.add_listener(add_plan)
_hooks.init.add_listener(prepare)
_hooks.test_start.add_listener(begin)
_hooks.request.add_listener(note)
_hooks.test_stop.add_listener(stop)
_hooks.quitting.add_listener(finish)
