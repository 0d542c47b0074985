"""What holds for all operations alike: each documented answer can be had, and each is as it was documented."""

from collections.abc import Callable, Mapping

import httpx
import pytest

from sandbox_server.api.bodies import LIMIT
from sandbox_server.traffic.throttle import Limit, Profile, Throttle
from tests.api.acorn.conformance import documented, faults, problem
from tests.api.acorn.joining import live, verified
from tests.api.acorn.requests import OF_OAUTH, OPERATIONS, SAMPLES, SCOPED, SECURED, WITH_BODY, Sample
from tests.api.acorn.sandbox import KEY, READER_KEY, SUSPENDED_KEY, Sandbox
from tests.api.acorn.shop import asked_for

NOT_YET = {500, 503}
"""503 is what faults play; 500 is tested with a handler that breaks."""


def send(shop: Sandbox, operation_id: str, sample: Sample, **changes: object) -> httpx.Response:
    """Send a right request, changed where a test says so."""
    sent: dict[str, object] = {"json": sample.body, "key": KEY if sample.needs_key else None}
    return shop.call(OPERATIONS[operation_id].method, sample.path, **sent | changes)  # type: ignore[arg-type]


def test_there_is_a_sample_of_every_operation() -> None:
    assert set(SAMPLES) == set(OPERATIONS)


@pytest.mark.parametrize("operation_id", SAMPLES)
def test_a_right_request_is_answered_with_the_documented_success(shop: Sandbox, operation_id: str) -> None:
    answer = send(shop, operation_id, SAMPLES[operation_id](shop))
    assert [answer.status_code] == [status for status in documented(operation_id) if status < 400]
    assert answer.headers["x-request-id"].startswith("req_")
    assert "idempotent-replayed" not in answer.headers


@pytest.mark.parametrize("operation_id", SAMPLES)
def test_a_sane_request_id_comes_back_and_any_other_is_replaced(shop: Sandbox, operation_id: str) -> None:
    sample = SAMPLES[operation_id](shop)
    given = send(shop, operation_id, sample, headers={"x-request-id": "poll-2026.11_27"})
    assert given.headers["x-request-id"] == "poll-2026.11_27"
    for silly in ("a b", "x" * 65, "é", ""):
        answer = send(shop, operation_id, sample, headers={"x-request-id": silly.encode("latin-1")})
        assert answer.headers["x-request-id"].startswith("req_")


# 401


@pytest.mark.parametrize("operation_id", SECURED)
def test_nobody_is_let_in_without_a_credential(shop: Sandbox, operation_id: str) -> None:
    sample = SAMPLES[operation_id](shop)
    before = shop.digest()
    for credentials in (
        {},
        {"x-api-key": "nobody"},
        {"authorization": "Bearer nobody"},
        {"authorization": "Basic eDp5"},
    ):
        answer = send(shop, operation_id, sample, key=None, headers=credentials)
        problem(answer, 401, "UNAUTHENTICATED")
        assert answer.headers["www-authenticate"] == 'Bearer realm="acorn"'
    assert shop.digest() == before


@pytest.mark.parametrize("operation_id", ["listOrders", "createStore"])
def test_a_key_that_is_good_lets_in_beside_a_token_that_is_not(shop: Sandbox, operation_id: str) -> None:
    answer = send(shop, operation_id, SAMPLES[operation_id](shop), headers={"authorization": "Bearer nobody"})
    assert answer.is_success


# 403


@pytest.mark.parametrize("operation_id", SECURED)
def test_a_suspended_account_may_do_nothing(shop: Sandbox, operation_id: str) -> None:
    answer = send(shop, operation_id, SAMPLES[operation_id](shop), key=SUSPENDED_KEY)
    assert problem(answer, 403, "ACCOUNT_SUSPENDED")["detail"] == "The account of acorn-suspended is suspended."


@pytest.mark.parametrize("operation_id", SCOPED)
def test_a_credential_may_do_what_its_scopes_say(shop: Sandbox, operation_id: str) -> None:
    scopes = OPERATIONS[operation_id].scopes
    answer = send(shop, operation_id, SAMPLES[operation_id](shop), key=READER_KEY)
    if all(scope.endswith(":read") for scope in scopes):
        assert answer.is_success
    else:
        detail = problem(answer, 403, "SCOPE_MISSING")["detail"]
        assert detail == f"This needs the scope {' '.join(scopes)}, which the credential was not granted."


def test_reading_and_writing_are_two_scopes_of_each_resource_and_to_ask_for_a_report_is_to_read(shop: Sandbox) -> None:
    words = {"GET": "read"}
    joining = {name for name in SCOPED if OPERATIONS[name].scopes == ("onboarding",)}
    for operation_id in set(SCOPED) - {"requestReport"} - joining:
        (scope,) = OPERATIONS[operation_id].scopes
        assert scope.endswith(f":{words.get(OPERATIONS[operation_id].method, 'write')}"), operation_id


@pytest.mark.parametrize("operation_id", SECURED)
def test_who_may_not_call_is_not_told_what_else_is_wrong(shop: Sandbox, operation_id: str) -> None:
    sample = SAMPLES[operation_id](shop)
    wrong = {"accept": "text/html", "content-type": "text/html"}
    for key, status in ((None, 401), (SUSPENDED_KEY, 403)):
        answer = send(shop, operation_id, sample, json=None, content=b"{", key=key, headers=wrong)
        assert answer.status_code == status


# 406, 413, 415, 400


@pytest.mark.parametrize("operation_id", SAMPLES)
def test_an_answer_in_another_form_is_not_to_be_had(shop: Sandbox, operation_id: str) -> None:
    sample = SAMPLES[operation_id](shop)
    before = shop.digest()
    problem(send(shop, operation_id, sample, headers={"accept": "text/html, image/gif"}), 406, "NOT_ACCEPTABLE")
    assert shop.digest() == before


@pytest.mark.parametrize("operation_id", SAMPLES)
def test_a_body_over_the_limit_is_not_read(shop: Sandbox, operation_id: str) -> None:
    sample = SAMPLES[operation_id](shop)
    before = shop.digest()
    more = {"content": b" " * (LIMIT + 1), "headers": {"content-type": "application/json"}, "json": None}
    problem(send(shop, operation_id, sample, **more), 413, "BODY_TOO_LARGE")
    assert shop.digest() == before


@pytest.mark.parametrize("operation_id", WITH_BODY)
def test_a_body_in_another_form_is_not_taken(shop: Sandbox, operation_id: str) -> None:
    sample = SAMPLES[operation_id](shop)
    before = shop.digest()
    for headers in ({"content-type": "text/xml"}, {}, {"content-type": "application/json", "content-encoding": "gzip"}):
        answer = send(shop, operation_id, sample, json=None, content=b"{}", headers=headers)
        problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
        assert answer.headers["accept"].split(", ")[-1] == "application/json"
    assert shop.digest() == before


@pytest.mark.parametrize("operation_id", [name for name in SAMPLES if name not in WITH_BODY])
def test_a_body_where_none_is_taken_is_refused(shop: Sandbox, operation_id: str) -> None:
    answer = send(shop, operation_id, SAMPLES[operation_id](shop), json={})
    assert faults(answer, 400, "INVALID_REQUEST") == [("", "UNEXPECTED_BODY")]


@pytest.mark.parametrize("operation_id", [name for name in WITH_BODY if name not in OF_OAUTH])
def test_a_member_that_the_contract_does_not_have_is_refused(shop: Sandbox, operation_id: str) -> None:
    sample = SAMPLES[operation_id](shop)
    before = shop.digest()
    answer = send(shop, operation_id, sample, json={**sample.body, "colour": "red"})
    assert faults(answer, 400, "INVALID_REQUEST") == [("/colour", "UNKNOWN_MEMBER")]
    assert shop.digest() == before


@pytest.mark.parametrize("operation_id", [name for name in SAMPLES if name not in OF_OAUTH])
def test_a_query_parameter_that_the_operation_does_not_have_is_refused(shop: Sandbox, operation_id: str) -> None:
    answer = send(shop, operation_id, SAMPLES[operation_id](shop), params={"colour": "red"})
    assert faults(answer, 400, "INVALID_REQUEST") == [("colour", "UNKNOWN_PARAMETER")]


# all of them


def _bad(shop: Sandbox, operation_id: str, sample: Sample) -> httpx.Response:
    return send(shop, operation_id, sample, params={"colour": "red"})


def _large(shop: Sandbox, operation_id: str, sample: Sample) -> httpx.Response:
    headers = {"content-type": "application/json"}
    return send(shop, operation_id, sample, json=None, content=b" " * (LIMIT + 1), headers=headers)


def _unauthenticated(shop: Sandbox, operation_id: str, sample: Sample) -> httpx.Response:
    body = {**sample.body, "client_secret": "wrong"} if operation_id in OF_OAUTH else sample.body
    return send(shop, operation_id, sample, json=body, key=None)


def _forbidden(shop: Sandbox, operation_id: str, sample: Sample) -> httpx.Response:
    if operation_id not in OF_OAUTH:
        return send(shop, operation_id, sample, key=SUSPENDED_KEY)
    client = {"client_id": "acorn-suspended", "client_secret": "acorn-suspended-secret"}
    return send(shop, operation_id, sample, json={**sample.body, **client})


def _nowhere(shop: Sandbox, operation_id: str, sample: Sample) -> httpx.Response:
    """Ask for a thing of which there is none: the one in the path, or the one in the body."""
    if sample.path in {"/shipments", "/returns"}:
        return send(shop, operation_id, sample, json={**sample.body, "orderId": "ord_nowhere"})
    if sample.path == "/transfers":
        return send(shop, operation_id, sample, json={**sample.body, "fromStoreId": "S0404"})
    if sample.path == "/invoices":
        return send(shop, operation_id, sample, json={**sample.body, "shipmentId": "shp_nowhere"})
    head, kind, name, *rest = sample.path.split("/")
    missing = {"S": "S0404", "o": "ord_nowhere", "s": "shp_nowhere", "r": "ret_nowhere", "t": "trf_nowhere"}
    missing |= {"prm": "prm_nowhere", "sub": "sub_nowhere", "inv": "inv_nowhere", "stl": "stl_nowhere"}
    missing |= {"rpt": "rpt_nowhere", "app": "app_nowhere"}
    path = "/".join(
        (head, kind, "SKU-404" if name.startswith("SKU") else missing.get(name[:3]) or missing[name[0]], *rest)
    )
    return send(shop, operation_id, sample._replace(path=path))


def _conflicting(shop: Sandbox, operation_id: str, sample: Sample) -> httpx.Response:
    """Do a thing twice that can be done once, or read what is not there yet."""
    if operation_id == "getReportDocument":
        return send(shop, operation_id, sample._replace(path=f"/reports/{asked_for(shop)['reportId']}/document"))
    if operation_id == "getHealthChecks":
        return send(shop, operation_id, sample._replace(path=f"/applications/{verified(shop)}/health-checks"))
    if operation_id == "submitTestReport":
        return send(shop, operation_id, sample._replace(path=f"/applications/{live(shop)}/test-reports"))
    assert send(shop, operation_id, sample).is_success
    return send(shop, operation_id, sample)


def _stale(shop: Sandbox, operation_id: str, sample: Sample) -> httpx.Response:
    return send(shop, operation_id, sample, headers={"if-match": '"7"'})


def _reused(shop: Sandbox, operation_id: str, sample: Sample) -> httpx.Response:
    if operation_id == "updateStore":
        return send(shop, operation_id, sample, json={"timeZone": "Nowhere/Atlantis"})
    shop.post("/stores", {**SAMPLES["createStore"](shop).body, "storeId": "S0008"}, once="one-key")
    return send(shop, operation_id, sample, headers={"idempotency-key": "one-key"})


def _too_many(shop: Sandbox, operation_id: str, sample: Sample) -> httpx.Response:
    shop.tenant.power(Throttle).set(Profile.DEFAULT, {operation_id: Limit(1, 1)})
    assert send(shop, operation_id, sample).is_success
    return send(shop, operation_id, sample)


WAYS: Mapping[int, Callable[[Sandbox, str, Sample], httpx.Response]] = {
    200: send,
    201: send,
    202: send,
    204: send,
    400: _bad,
    401: _unauthenticated,
    403: _forbidden,
    404: _nowhere,
    406: lambda shop, name, sample: send(shop, name, sample, headers={"accept": "text/html"}),
    409: _conflicting,
    412: _stale,
    413: _large,
    415: lambda shop, name, sample: send(
        shop, name, sample, json=None, content=b"{}", headers={"content-type": "text/xml"}
    ),
    422: _reused,
    429: _too_many,
}
# Only a key whose first call still runs gives it, and here one call runs at a time.
UNREACHABLE = {
    ("openReturn", 409): 422,
    ("requestTransfer", 409): 201,
    ("createPromotion", 409): 201,
    ("requestReport", 409): 201,
    ("createApplication", 409): 201,
    ("createSubscription", 409): 201,
    ("testSubscription", 409): 202,
}


@pytest.mark.parametrize(
    ("operation_id", "status"),
    [(name, status) for name in SAMPLES for status in sorted(documented(name) - NOT_YET)],
)
def test_every_documented_answer_can_be_had(shop: Sandbox, operation_id: str, status: int) -> None:
    answer = WAYS[status](shop, operation_id, SAMPLES[operation_id](shop))
    assert answer.status_code == UNREACHABLE.get((operation_id, status), status), answer.text


# 500


class Broken(Exception):
    """Stands for a bug."""


@pytest.mark.parametrize("operation_id", SECURED)
def test_a_bug_is_answered_with_a_problem_that_says_nothing_and_changes_nothing(
    shop: Sandbox, operation_id: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sample = SAMPLES[operation_id](shop)
    before = shop.digest()

    def break_down(*_: object) -> None:
        raise Broken("the-secret-of-the-house")

    monkeypatch.setattr("sandbox_server.api.answers.Answers.render", break_down)
    answer = send(shop, operation_id, sample, headers={"x-request-id": "unlucky-1"})
    assert "the-secret-of-the-house" not in answer.text
    body = problem(answer, 500, "INTERNAL")
    assert "errors" not in body
    assert shop.digest() == before
    assert [record.message for record in caplog.records] == ["request unlucky-1 broke the server"]
