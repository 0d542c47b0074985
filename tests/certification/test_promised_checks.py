"""The plan has every check that is promised, at its level, and no other."""

from pathlib import Path

import yaml

from sandbox_server.certification.plan import read_plan


def test_the_plan_has_what_is_promised() -> None:
    promised = yaml.safe_load(Path(__file__).with_name("promised_checks.yaml").read_bytes())

    levels = {check.id: str(check.level) for check in read_plan("chain-core@1").checks}

    assert levels == {name: level for level in promised for name in promised[level]}
