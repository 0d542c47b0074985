"""Playing defects of the reference client, each in the scenarios of the checks that it is to fail."""

import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox_server.certification.check import EVERY, Check
from sandbox_server.certification.checks import CHECKS
from sandbox_server.certification.client import ClientProgram
from sandbox_server.certification.rehearsal import Rehearsal, read_seen
from sandbox_server.certification.scenario import Scenario
from sandbox_server.certification.scenarios import SCENARIOS
from sandbox_server.certification.verdict import judge
from sandbox_server.domain.certificates import CheckVerdict
from sandbox_server.remote import Sandbox

ROOT = Path(__file__).parents[2]
BROKEN = {CheckVerdict.FAIL, CheckVerdict.WARN, CheckVerdict.HARNESS_ERROR}


def named_by(mutant: str) -> list[Check]:
    return [check for check in CHECKS.values() if check.mutant == mutant]


def scenarios_of(mutant: str) -> list[Scenario]:
    """Return where a defect is to show: one scenario of each check; what shows everywhere does so in `working-day`."""
    wanted = {check.scenarios[0] for check in named_by(mutant)}
    return [SCENARIOS[name] for name in sorted(wanted - {EVERY} or {"working-day"})]


def client(module: str, *words: str, listens: bool = True) -> list[str]:
    listening = ["--listen", "127.0.0.1:0"] if listens else []
    return [sys.executable, "-m", f"fixtures.clients.{module}", *words, "--state", ":memory:", "--verbose", *listening]


class Gate:
    """Plays one client after the other in a sandbox, and says which checks each fails."""

    def __init__(self, url: str, folder: Path) -> None:
        self._sandbox = Sandbox(url)
        self._folder = folder

    def play(self, name: str, words: list[str], scenario: Scenario) -> None:
        def drive(_: Scenario, told: Mapping[str, str], output: Path) -> ClientProgram:
            return ClientProgram(words, {**told, "PYTHONPATH": str(ROOT)}, output)

        Rehearsal(self._sandbox, drive, self._folder / name).play(scenario)

    def broken_by(self, name: str) -> dict[str, str]:
        """Return the checks that a client failed, with the reasons."""
        seen = [read_seen(home) for home in sorted((self._folder / name).iterdir())]
        evidence = [one for one, _ in seen]
        void = [told["scenario"] for _, told in seen if told["failure"]]
        judgements = [judge(check, evidence, void, ()) for check in CHECKS.values()]
        return {one.check.id: one.reason for one in judgements if one.verdict in BROKEN}
