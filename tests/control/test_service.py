"""The state of the server itself, and what lies beside the operations."""

import orjson

from sandbox_server import __version__
from tests.api.asgi_client import exchange
from tests.control.stage import CONTROL, OPERATOR, TENANT, Stage


def test_health_tells_what_answers(stage: Stage) -> None:
    stage.made()
    assert stage.look(f"{CONTROL}/health", None) == {
        "status": "ok",
        "version": __version__,
        "contractVersion": OPERATOR.contract.document["info"]["version"],
        "tenants": 2,
    }


def test_a_path_that_there_is_not_is_a_problem(stage: Stage) -> None:
    for path in (CONTROL, f"{CONTROL}/tenant", f"{TENANT}/nothing", "/_sandbox/v2/tenants"):
        got = stage.call("GET", path)
        assert (got.status, got.json["code"]) == (404, "NOT_FOUND")


def test_a_path_that_only_begins_alike_is_the_marketplaces(stage: Stage) -> None:
    assert stage.call("GET", "/v1/../_sandboxes").status == 404
    assert [call["path"] for call in stage.look(f"{TENANT}/journal", None)["items"]] == ["/v1/../_sandboxes"]


def test_a_method_that_a_path_does_not_have_is_answered_with_the_ones_it_has(stage: Stage) -> None:
    before = stage.state()
    for path, allowed in (
        (f"{CONTROL}/tenants", "GET, POST"),
        (TENANT, "DELETE, GET"),
        (f"{TENANT}/clock", "GET, PUT"),
        (f"{TENANT}/clock/advance", "POST"),
        (f"{TENANT}/journal", "GET"),
    ):
        got = stage.call("PATCH", path, {})
        assert (got.status, got.json["code"]) == (405, "METHOD_NOT_ALLOWED")
        assert sorted(got.headers["allow"].split(", ")) == allowed.split(", ")
    assert stage.state() == before


def test_a_sane_request_id_comes_back_and_any_other_is_replaced(stage: Stage) -> None:
    assert stage.call("GET", TENANT, X_Request_Id="set-up.1").headers["x-request-id"] == "set-up.1"
    assert stage.call("GET", TENANT, X_Request_Id="a b").headers["x-request-id"].startswith("req_")


def test_the_served_document_is_the_file(stage: Stage) -> None:
    def served(name: str) -> bytes:
        _, *pieces = exchange(stage.app, "GET", f"{CONTROL}/{name}", [(b"host", b"localhost")], [b""])
        return b"".join(piece["body"] for piece in pieces)

    assert orjson.loads(served("openapi.json")) == OPERATOR.contract.document
    assert served("openapi.yaml") == OPERATOR.contract.source
