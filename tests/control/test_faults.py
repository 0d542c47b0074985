"""Fault rules, as the operator gives them."""

from typing import Any

import pytest

from sandbox_server.middleware.faults.registry import EFFECTS
from tests.api.asgi_client import Got
from tests.control.stage import CONTROL, KEY, TENANT, Stage, faults_in

FAULTS = f"{TENANT}/faults"
ERROR = {"error": {"status": 503}}
WHOLE = {
    "id": "slow-acks",
    "enabled": True,
    "match": {
        "operation": "acknowledgeOrder",
        "store": "S0001",
        "credential": "acorn-sandbox",
        "headers": {"X-Canary": "true"},
    },
    "probability": 0.2,
    "seed": 7,
    "skipFirst": 2,
    "maxCount": 5,
    "afterMs": 1.5,
    "durationMs": 60000,
    "ttlMs": 600000,
    "effect": {"delay": {"type": "lognormal", "median": 300, "sigma": 0.4, "maxValue": 5000}},
}


def add(stage: Stage, **rule: Any) -> Any:
    """Add a rule that is as it should be."""
    got = stage.call("POST", FAULTS, {"effect": ERROR, **rule})
    assert got.status == 201, got.json
    return got.json


def ids(stage: Stage) -> list[str]:
    return [rule["id"] for rule in stage.look(FAULTS, None)["items"]]


def status(stage: Stage, path: str = "/v1/stores") -> int:
    return stage.call("GET", path, key=KEY).status


def test_a_rule_comes_back_as_it_was_given_with_what_it_has_done(stage: Stage) -> None:
    got = stage.call("POST", FAULTS, WHOLE)
    assert (got.status, got.headers["location"]) == (201, f"{FAULTS}/slow-acks")
    assert got.json == {**WHOLE, "position": 1, "effectName": "delay", "matched": 0, "played": 0}
    assert stage.look(f"{FAULTS}/slow-acks", None) == got.json
    assert stage.look(FAULTS, None) == {"items": [got.json]}


def test_what_a_rule_leaves_out_is_said(stage: Stage) -> None:
    assert add(stage) == {
        "id": "error-1",
        "position": 1,
        "enabled": True,
        "match": {},
        "probability": 1.0,
        "skipFirst": 0,
        "effect": ERROR,
        "effectName": "error",
        "matched": 0,
        "played": 0,
    }


def test_rules_without_a_name_are_called_after_their_effect(stage: Stage) -> None:
    add(stage, id="error-2")
    assert [add(stage)["id"] for _ in range(3)] == ["error-1", "error-3", "error-4"]
    assert add(stage, effect={"lostResponse": True})["id"] == "lostResponse-1"


def test_calls_go_wrong_until_the_rules_are_cleared(stage: Stage) -> None:
    add(stage, id="it", maxCount=2)
    assert [status(stage) for _ in range(3)] == [503, 503, 200]
    rule = stage.look(f"{FAULTS}/it", None)
    assert (rule["matched"], rule["played"]) == (3, 2)
    add(stage)
    assert status(stage) == 503
    assert stage.call("DELETE", FAULTS).status == 204
    assert status(stage) == 200
    assert ids(stage) == []


def test_no_fault_locks_the_operator_out(stage: Stage) -> None:
    add(stage)
    assert stage.look(FAULTS, None)["items"][0]["matched"] == 0
    assert stage.call("GET", FAULTS, x_sandbox_fault="error=503").status == 200


def test_a_rule_that_is_changed_keeps_its_place_and_its_counters(stage: Stage) -> None:
    add(stage, id="a", match={"operation": "listStores"})
    add(stage, id="b")
    status(stage)
    got = stage.call("PATCH", f"{FAULTS}/a", {"enabled": False, "match": {}, "effect": {"token": "reject"}})
    assert (got.status, got.json["effectName"], got.json["match"]) == (200, "token", {})
    assert (got.json["position"], got.json["matched"], got.json["enabled"]) == (1, 1, False)
    assert status(stage) == 503
    assert stage.look(f"{FAULTS}/a", None)["matched"] == 1


def test_a_rule_that_is_replaced_keeps_its_place_alone(stage: Stage) -> None:
    add(stage, id="a", maxCount=9)
    add(stage, id="b")
    status(stage)
    got = stage.call("PUT", f"{FAULTS}/a", {"effect": {"token": "reject"}})
    assert (got.status, got.json["position"], got.json["matched"]) == (200, 1, 0)
    assert "maxCount" not in got.json
    assert stage.call("PUT", f"{FAULTS}/a", {"id": "a", "effect": ERROR}).status == 200


def test_a_rule_that_is_taken_away_leaves_the_others(stage: Stage) -> None:
    add(stage, id="a")
    add(stage, id="b")
    assert stage.call("DELETE", f"{FAULTS}/a").status == 204
    assert ids(stage) == ["b"]
    assert stage.look(f"{FAULTS}/b", None)["position"] == 1


def test_all_rules_are_replaced_at_once_and_begin_anew(stage: Stage) -> None:
    add(stage, id="a")
    status(stage)
    items = [{"effect": ERROR}, {"id": "a", "effect": ERROR}, {"effect": ERROR}]
    got = stage.call("PUT", FAULTS, {"items": items})
    assert got.status == 200
    assert [(rule["id"], rule["position"], rule["matched"]) for rule in got.json["items"]] == [
        ("error-1", 1, 0),
        ("a", 2, 0),
        ("error-2", 3, 0),
    ]
    assert stage.call("PUT", FAULTS, {"items": []}).json == {"items": []}


@pytest.mark.parametrize(
    ("rule", "status", "faults", "words"),
    [
        ({"effect": {"dealy": {}}}, 400, [("/effect/dealy", "UNKNOWN_MEMBER")], "delay"),
        ({"effect": ERROR, "probabilty": 1}, 400, [("/probabilty", "UNKNOWN_MEMBER")], "probability"),
        ({"effect": ERROR, "match": {"operaton": "x"}}, 400, [("/match/operaton", "UNKNOWN_MEMBER")], "operation"),
        ({"effect": ERROR, "probability": 1.5}, 400, [("/probability", "MAXIMUM")], "1"),
        ({"effect": ERROR, "maxCount": 0}, 400, [("/maxCount", "MINIMUM")], "1"),
        ({"effect": {**ERROR, "lostResponse": True}}, 400, [("/effect", "MAX_PROPERTIES")], "1"),
        ({"effect": {}}, 400, [("/effect", "MIN_PROPERTIES")], "1"),
        ({"id": "a"}, 400, [("/effect", "REQUIRED")], "required"),
        ({"effect": {"fault": "RESET"}}, 400, [("/effect/fault", "ENUM")], "CONNECTION_RESET_BY_PEER"),
        ({"effect": {"lostResponse": False}}, 400, [("/effect/lostResponse", "ENUM")], "rue"),
        (
            {"effect": {"delay": {"type": "fixed", "median": 1}}},
            400,
            [("/effect/delay/milliseconds", "REQUIRED")],
            "A fixed delay needs milliseconds.",
        ),
        (
            {"effect": ERROR, "match": {"operation": "acknowlegeOrder"}},
            422,
            [("/match/operation", "UNKNOWN_OPERATION")],
            "Was acknowledgeOrder meant?",
        ),
        (
            {"effect": {"dropEvent": True}, "match": {"operation": "listOrders"}},
            422,
            [("/match/operation", "UNSUITED")],
            "dropEvent makes sense for listEvents alone.",
        ),
        (
            {"effect": {"error": {"status": 409}}, "match": {"operation": "listStores"}},
            422,
            [("/effect/error/status", "UNDOCUMENTED")],
            "listStores documents no 409, but 400, 401,",
        ),
        (
            {"effect": {"error": {"status": 418}}},
            422,
            [("/effect/error/status", "UNDOCUMENTED")],
            "The contract documents no 418, but 400, 401,",
        ),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_in_words_and_nothing_is_changed(
    stage: Stage, rule: dict[str, Any], status: int, faults: list[tuple[str, str]], words: str
) -> None:
    before = [add(stage, id="a"), add(stage, id="b")]
    _refused(stage.call("POST", FAULTS, rule), status, faults, words)
    _refused(stage.call("PUT", f"{FAULTS}/a", rule), status, faults, words)
    below = [(f"/items/1{pointer}", code) for pointer, code in faults]
    _refused(stage.call("PUT", FAULTS, {"items": [{"effect": ERROR}, rule]}), status, below, words)
    if "id" not in rule:
        _refused(stage.call("PATCH", f"{FAULTS}/a", rule), status, faults, words)
    assert stage.look(FAULTS, None)["items"] == before


def _refused(got: Got, status: int, faults: list[tuple[str, str]], words: str) -> None:
    assert (got.status, faults_in(got)) == (status, faults)
    assert words in got.json["errors"][0]["message"]


@pytest.mark.parametrize(
    "error", [{"status": 418, "code": "TEA_POT"}, {"status": 418, "body": "html"}, {"status": 502, "body": "empty"}]
)
def test_an_error_that_no_contract_documents_has_to_be_asked_for(stage: Stage, error: dict[str, Any]) -> None:
    assert add(stage, effect={"error": error}, match={"operation": "listStores"})["effect"] == {"error": error}


def test_a_name_that_is_taken_is_refused(stage: Stage) -> None:
    add(stage, id="a", maxCount=1)
    got = stage.call("POST", FAULTS, {"id": "a", "effect": ERROR})
    assert (got.status, got.json["code"]) == (409, "DUPLICATE")
    got = stage.call("PUT", FAULTS, {"items": [{"id": "b", "effect": ERROR}, {"id": "b", "effect": ERROR}]})
    assert (got.status, got.json["code"]) == (409, "DUPLICATE")
    assert stage.look(f"{FAULTS}/a", None)["maxCount"] == 1
    assert ids(stage) == ["a"]


def test_a_rule_keeps_its_name(stage: Stage) -> None:
    add(stage, id="a")
    got = stage.call("PUT", f"{FAULTS}/a", {"id": "b", "effect": ERROR})
    assert (got.status, faults_in(got)) == (400, [("/id", "ANOTHER_RULE")])
    assert stage.call("PATCH", f"{FAULTS}/a", {"id": "b"}).status == 400


@pytest.mark.parametrize(
    ("method", "body"), [("GET", None), ("PUT", {"effect": ERROR}), ("PATCH", {"enabled": True}), ("DELETE", None)]
)
def test_rules_that_there_are_not_are_not_found(stage: Stage, method: str, body: object) -> None:
    got = stage.call(method, f"{FAULTS}/nobody", body)
    assert (got.status, got.json["code"]) == (404, "NOT_FOUND")
    assert stage.call(method, f"{CONTROL}/tenants/nobody/faults/a", body).status == 404


def test_a_rule_is_added_once_for_an_idempotency_key(stage: Stage) -> None:
    got = [stage.call("POST", FAULTS, {"effect": ERROR}, idempotency_key="faults-1") for _ in range(2)]
    assert [one.status for one in got] == [201, 201]
    assert got[0].json == got[1].json
    assert ids(stage) == ["error-1"]


def test_the_catalogue_has_every_effect_with_a_rule_that_is_taken_as_it_stands(stage: Stage) -> None:
    items = stage.look(f"{CONTROL}/faults/catalogue", None)["items"]
    assert [item["name"] for item in items] == list(EFFECTS)
    for item in items:
        rule = add(stage, **item["example"])
        assert rule["effectName"] == item["name"]
        assert set(item.get("operations", ())) <= set(stage_operations(stage))
        if "operations" in item and "operation" in rule["match"]:
            assert rule["match"]["operation"] in item["operations"]


def stage_operations(stage: Stage) -> list[str]:
    limits = stage.look("/v1/rate-limits")
    return [one["operationId"] for one in limits["operations"]]


def test_rules_are_one_tenants_own(stage: Stage) -> None:
    made = stage.call("POST", f"{CONTROL}/tenants", {"name": "other"}).json
    key = made["credentials"][0]["apiKey"]
    stage.call("POST", f"{CONTROL}/tenants/other/faults", {"effect": ERROR})
    assert status(stage) == 200
    assert stage.call("GET", "/v1/stores", key=key).status == 503
    stage.call("DELETE", f"{CONTROL}/tenants/other")


def test_a_client_of_another_tenant_meets_its_own_rules_at_the_token_endpoint(stage: Stage) -> None:
    made = stage.call("POST", f"{CONTROL}/tenants", {"name": "other"}).json
    stage.call("POST", f"{CONTROL}/tenants/other/faults", {"effect": ERROR})
    login = made["credentials"][0]
    got = stage.call("POST", "/v1/oauth/token", {"client_id": login["clientId"]})
    assert got.status == 503
    assert stage.call("POST", "/v1/oauth/token", {"client_id": "acorn-sandbox"}).status == 400
    stage.call("DELETE", f"{CONTROL}/tenants/other")


def test_rules_go_into_snapshots_with_what_they_have_done_and_a_reset_has_none(stage: Stage) -> None:
    add(stage, id="a", probability=0.5)
    seen = [status(stage) for _ in range(10)]
    before = stage.look(FAULTS, None)
    kept = stage.done("/snapshots")["snapshotId"]
    after = [status(stage) for _ in range(10)]
    assert set(seen + after) == {200, 503}
    stage.call("DELETE", FAULTS)
    stage.done(f"/snapshots/{kept}/restore")
    assert stage.look(FAULTS, None) == before
    assert [status(stage) for _ in range(10)] == after
    stage.reset()
    assert ids(stage) == []


def test_a_fork_goes_wrong_as_the_world_that_it_was_taken_of(stage: Stage) -> None:
    add(stage, id="a", probability=0.5)
    kept = stage.done("/snapshots")["snapshotId"]
    made = stage.done(f"/snapshots/{kept}/fork", {"name": "fork"})
    key = made["credentials"][0]["apiKey"]
    there = [stage.call("GET", "/v1/stores", key=key).status for _ in range(10)]
    assert there == [status(stage) for _ in range(10)]
    stage.call("DELETE", f"{CONTROL}/tenants/fork")


def test_the_audit_names_rules_that_never_played(stage: Stage) -> None:
    add(stage, id="unused", match={"operation": "createShipment"})
    add(stage, id="used")
    status(stage)
    assert stage.look(f"{TENANT}/audit", None)["unusedFaults"] == ["unused"]


def test_the_journal_names_the_rule_that_played(stage: Stage) -> None:
    add(stage, id="it")
    status(stage)
    calls = stage.look(f"{TENANT}/journal?fault=it", None)["items"]
    assert [(call["operationId"], call["fault"], call["verdict"]) for call in calls] == [("listStores", "it", "FAULT")]
