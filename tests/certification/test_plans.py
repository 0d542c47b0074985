"""Plans are what they were frozen as."""

import pytest

from fixtures.clients.mutants import DEFECTS
from sandbox_server.certification.checks import CHECKS
from sandbox_server.certification.plan import PlanError, draft, frozen_plans, plan_ids, read_plan, read_played


@pytest.mark.parametrize("plan_id", plan_ids())
def test_a_plan_is_as_it_was_frozen(plan_id: str) -> None:
    plan = read_plan(plan_id)

    assert plan == draft(plan_id)


def test_a_client_goes_live_by_the_essentials() -> None:
    plan, frozen = read_plan("chain-core@1"), frozen_plans()

    assert frozen.keys() == {plan.id}
    assert plan.hash == frozen[plan.id].hash
    assert {check.id: check.level == "MUST" for check in plan.checks} == frozen[plan.id].checks


def test_what_is_no_plan_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(PlanError, match=r"There is no plan chain-core@0\. There are: .*chain-core@1"):
        read_plan("chain-core@0")


def test_a_part_of_a_plan_is_another_plan() -> None:
    part = read_plan("chain-core@1").narrowed(["working-day"])

    assert [one.id for one in part.scenarios] == ["working-day"]
    assert part.id not in frozen_plans()
    assert read_played(part.id, ["working-day"]) == part


def test_a_plan_that_was_played_whole_is_read_whole_whatever_is_left_of_the_run() -> None:
    assert read_played("chain-core@1", ["working-day"]) == read_plan("chain-core@1")


def test_a_plan_has_no_part_that_it_does_not_name() -> None:
    with pytest.raises(PlanError, match="chain-core@1 has no scenario night"):
        read_plan("chain-core@1").narrowed(["night"])


def test_every_check_has_a_defect_and_every_defect_a_check() -> None:
    assert {check.mutant for check in CHECKS.values()} == set(DEFECTS)
