"""Plans are what they were frozen as."""

from pathlib import Path

import pytest

from fixtures.clients.mutants import DEFECTS
from sandbox_server.certification import plan
from sandbox_server.certification.checks import CHECKS
from sandbox_server.certification.plan import PlanError, draft, frozen_plans, plan_ids, read_plan, read_played


@pytest.mark.parametrize("plan_id", plan_ids())
def test_a_plan_is_as_it_was_frozen(plan_id: str) -> None:
    assert read_plan(plan_id) == draft(plan_id)


def test_a_client_goes_live_by_the_essentials() -> None:
    essentials, frozen = read_plan("chain-core@1"), frozen_plans()

    assert frozen.keys() == {essentials.id}
    assert essentials.hash == frozen[essentials.id].hash
    assert {check.id: check.level == "MUST" for check in essentials.checks} == frozen[essentials.id].checks


def test_what_is_no_plan_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(PlanError, match=r"There is no plan chain-core@0\. There are: .*chain-core@1"):
        read_plan("chain-core@0")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"title: A day\nXgoes_live: true\nchecks: []\n", "Object contains unknown field `Xgoes_live`"),
        (b"title: A day\ngoes_live: true\n", "Object missing required field `checks`"),
        (b"title: [", "while parsing a flow node"),
        (b"\xff\xfe\x00", "truncated data"),
        (b"", "Expected `object`, got `null`"),
    ],
)
def test_a_damaged_plan_is_named_with_what_is_wrong_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, said: str
) -> None:
    (tmp_path / "chain-core@1.yaml").write_bytes(content)
    monkeypatch.setattr(plan, "contract_path", lambda name: tmp_path / Path(name).relative_to(plan.FOLDER))

    with pytest.raises(PlanError) as refusal:
        read_plan("chain-core@1")

    told = str(refusal.value)
    assert told.startswith(f"{tmp_path / 'chain-core@1.yaml'} is damaged: ")
    assert said in told
    assert "\n" not in told


def test_a_part_of_a_plan_is_another_plan() -> None:
    part = read_plan("chain-core@1").narrowed(["working-day"])

    assert [one.id for one in part.scenarios] == ["working-day"]
    assert part.id not in frozen_plans()
    assert read_played(part.id, ["working-day"], []) == part


def test_a_run_that_was_stopped_has_played_a_part_and_says_what_was_left() -> None:
    asked = read_plan("chain-core@1").narrowed(["working-day", "outage"])
    part = asked.cut_short(["outage"])

    assert ([one.id for one in part.scenarios], part.not_played) == (["outage"], ("working-day",))
    assert read_played(part.id, ["outage"], ["working-day"]) == part
    assert asked.cut_short(["working-day", "outage"]) == asked


def test_a_plan_that_was_played_whole_is_read_whole_whatever_is_left_of_the_run() -> None:
    assert read_played("chain-core@1", ["working-day"], []) == read_plan("chain-core@1")


def test_a_plan_has_no_part_that_it_does_not_name() -> None:
    with pytest.raises(PlanError, match="chain-core@1 has no scenario night"):
        read_plan("chain-core@1").narrowed(["night"])


def test_every_check_has_a_defect_and_every_defect_a_check() -> None:
    assert {check.mutant for check in CHECKS.values()} == set(DEFECTS)
