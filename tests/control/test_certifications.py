"""Certifications through the operator's interface."""

from sandbox_server.certification.plan import plan_ids, read_plan
from sandbox_server.remote import Query
from tests.control.requests import Quiet, trial
from tests.control.stage import CONTROL, TENANT, Stage, faults_in


class Failing(Quiet):
    """A sandbox that plays no scenario."""

    def call(self, method: str, path: str, body: object = None, query: Query | None = None) -> object:
        """Fail."""
        raise ValueError


def proving(stage: Stage) -> str:
    """Where the certifications are of a tenant that has the plans' world."""
    return f"{CONTROL}/tenants/{stage.made(fixture='proving_ground')['name']}/certifications"


def test_every_plan_is_told_with_its_hash_and_world(stage: Stage) -> None:
    plans = stage.look(f"{CONTROL}/plans", key=None)["items"]
    assert [one["plan"] for one in plans] == plan_ids()
    core = read_plan("chain-core@1")
    [told] = [one for one in plans if one["plan"] == core.id]
    assert (told["hash"], told["fixture"]) == (core.hash, "proving_ground")
    assert [one["id"] for one in told["checks"]] == [one.id for one in core.checks]


def test_an_unknown_plan_is_refused_with_those_that_there_are(stage: Stage) -> None:
    got = stage.call("POST", proving(stage), {"plan": "chain-nothing@1"})
    assert (got.status, faults_in(got)) == (422, [("/plan", "UNKNOWN_PLAN")])
    assert all(plan in got.json["errors"][0]["message"] for plan in plan_ids())


def test_an_unknown_scenario_is_refused_with_those_that_there_are(stage: Stage) -> None:
    got = stage.call("POST", proving(stage), {"plan": "chain-core@1", "scenarios": ["nothing"]})
    assert (got.status, faults_in(got)) == (422, [("/scenarios", "UNKNOWN_SCENARIO")])
    assert "working-day" in got.json["errors"][0]["message"]


def test_a_tenant_of_another_world_is_refused_with_the_right_one(stage: Stage) -> None:
    got = stage.play("/certifications", {"plan": "chain-core@1"})
    assert (got.status, faults_in(got)) == (422, [("/plan", "OTHER_WORLD")])
    assert "proving_ground" in got.json["errors"][0]["message"]


def test_among_several_processes_nothing_is_begun(stage: Stage) -> None:
    path = proving(stage)
    stage.trials.alone = False
    try:
        got = stage.call("POST", path, {"plan": "chain-core@1"})
    finally:
        stage.trials.alone = True
    assert (got.status, faults_in(got)) == (422, [("/plan", "SEVERAL_PROCESSES")])


def test_there_is_one_at_a_time_in_a_tenant(stage: Stage) -> None:
    path = proving(stage)
    name = path.split("/")[-2]
    waiting = stage.trials.add(read_plan("chain-core@1"), 1.0, name)
    waiting.begin(Quiet())
    got = stage.call("POST", path, {"plan": "chain-core@1"})
    assert (got.status, got.json["code"]) == (409, "DUPLICATE")
    assert f"Certification {waiting.number} of {name}" in got.json["detail"]
    assert stage.call("POST", f"{path}/{waiting.number}/finish").json["state"] == "STOPPED"
    again = stage.call("POST", path, {"plan": "chain-core@1"})
    assert again.status == 201
    assert again.headers["location"] == f"{path}/{again.json['number']}"


def test_one_that_is_over_cannot_be_finished(stage: Stage) -> None:
    path = trial(stage).path
    first = stage.call("POST", f"{path}/finish").json
    assert first["state"] == "STOPPED"
    assert "overall" not in first
    got = stage.call("POST", f"{path}/finish")
    assert (got.status, got.json["code"]) == (409, "ILLEGAL_TRANSITION")
    assert stage.call("GET", f"{path}/report.json").status == 404


def test_one_of_another_tenant_or_of_none_is_not_there(stage: Stage) -> None:
    number = trial(stage).path.rpartition("/")[2]
    path = proving(stage)
    assert stage.call("GET", f"{path}/{number}").status == 404
    assert stage.call("GET", f"{TENANT}/certifications/9999").status == 404
    stage.call("DELETE", path.rpartition("/")[0])
    assert stage.call("POST", path, {"plan": "chain-core@1"}).status == 404


def test_one_whose_sandbox_fails_says_why(stage: Stage) -> None:
    failing = stage.trials.add(read_plan("chain-core@1"), 1.0, "default")
    failing.begin(Failing())
    failing.wait(60)
    told = stage.look(f"{TENANT}/certifications/{failing.number}", key=None)
    assert (told["state"], told["failure"]) == ("FAILED", "ValueError")


def test_a_report_is_there_in_each_form(stage: Stage) -> None:
    done = stage.trials.add(read_plan("chain-core@1"), 1.0, "default")
    done.conclude()
    path = f"{TENANT}/certifications/{done.number}"
    assert stage.look(path, key=None)["overall"] == stage.look(f"{path}/report.json", key=None)["overall"] == "VOID"
    for form, kind, begins in (("html", "text/html", b"<!doctype html>"), ("xml", "application/xml", b"<?xml")):
        got = stage.call("GET", f"{path}/report.{form}")
        assert got.headers["content-type"].startswith(kind)
        assert got.body.lower().startswith(begins)
