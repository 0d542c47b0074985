"""How a chain joins over the wire, every way of being refused, and what its credentials open."""

from datetime import timedelta
from typing import Any

import pytest

from sandbox_server.conformance.sealing import seal
from sandbox_server.services.journal import Journal
from sandbox_server.services.plans import Plans
from tests.api.acorn.conformance import faults, problem
from tests.api.acorn.joining import application, applied, certified, live, signature, signed, verified
from tests.api.acorn.sandbox import STORE_KEY, Sandbox
from tests.api.acorn.shop import WIRE_NOW, buy, report
from tests.certified import PLANS


@pytest.fixture(autouse=True)
def plans(shop: Sandbox) -> None:
    shop.tenant.equip(Plans(PLANS))


def judged(shop: Sandbox, body: Any, name: str | None = None) -> Any:
    """Return what came of a report."""
    answer = shop.post(f"/applications/{name or signed(shop)}/test-reports", body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == answer.json()["verification"]["status"]
    return answer.json()["verification"]


def key_of(answer: Any) -> str:
    return str(answer.json()["credentials"]["apiKey"])


def test_a_chain_walks_from_its_application_to_going_live(shop: Sandbox) -> None:
    answer = shop.post("/applications", application())
    made = answer.json()
    path = f"/applications/{made['applicationId']}"
    assert (answer.headers["location"], answer.headers["etag"]) == (f"/v1{path}", '"1"')
    assert made == {
        **application(),
        "applicationId": made["applicationId"],
        "status": "ELIGIBLE",
        "createdAt": WIRE_NOW,
        "updatedAt": WIRE_NOW,
        "history": [{"at": WIRE_NOW, "to": "ELIGIBLE", "cause": answer.headers["x-request-id"]}],
    }
    agreed = shop.post(f"{path}/nda", signature())
    assert agreed.json()["nda"] == {**signature(), "signedAt": WIRE_NOW}
    contract = shop.get(f"{path}/contract").json()
    for document in contract["documents"]:
        found = shop._client.get(document["address"].removeprefix("/v1"))
        assert found.headers["content-type"] == document["mediaType"]
    assert shop.post(f"{path}/test-reports", certified()).json()["status"] == "VERIFIED"
    gone = shop.call("POST", f"{path}/go-live")
    assert (gone.json()["status"], gone.json()["liveAt"], gone.headers["etag"]) == ("LIVE", WIRE_NOW, '"4"')
    read = shop.get(path)
    assert read.json() == {name: value for name, value in gone.json().items() if name != "credentials"}
    assert [step["to"] for step in read.json()["history"]] == ["ELIGIBLE", "NDA_SIGNED", "VERIFIED", "LIVE"]
    assert shop.get(f"{path}/health-checks").json()["quarters"][0]["quarter"] == "2026-Q4"
    assert shop.breaches() == []


# Who may join


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"accountKind": "SELLER"}, "NOT_A_VENDOR"),
        ({"stores": 2}, "TOO_FEW_STORES"),
        ({"yearlyTrade": {"amount": "999999.99", "currency": "USD"}}, "TOO_LITTLE_TRADE"),
        ({"systems": []}, "NO_SYSTEM"),
        ({"technicalContact": None}, "NO_TECHNICAL_CONTACT"),
    ],
)
def test_a_company_that_cannot_join_is_told_why(shop: Sandbox, changes: Any, reason: str) -> None:
    answer = shop.post("/applications", application(**changes)).json()
    assert (answer["status"], answer["reasons"]) == ("INELIGIBLE", [reason])


def test_a_company_that_cannot_join_is_told_every_reason(shop: Sandbox) -> None:
    poor = {"amount": "0.00", "currency": "USD"}
    name = applied(shop, accountKind="SELLER", stores=0, systems=[], technicalContact=None, yearlyTrade=poor)
    read = shop.get(f"/applications/{name}").json()
    assert read["reasons"] == [
        "NOT_A_VENDOR",
        "TOO_FEW_STORES",
        "TOO_LITTLE_TRADE",
        "NO_SYSTEM",
        "NO_TECHNICAL_CONTACT",
    ]
    told = faults(shop.post(f"/applications/{name}/nda", signature()), 409, "ILLEGAL_TRANSITION")
    assert told == [("", reason) for reason in read["reasons"]]
    problem(shop.get(f"/applications/{name}/contract"), 403, "NDA_MISSING")


@pytest.mark.parametrize(
    ("trade", "found"),
    [
        ({"amount": "9000000", "currency": "JPY"}, [("/yearlyTrade/currency", "CURRENCY")]),
        ({"amount": "9000000.001", "currency": "USD"}, [("/yearlyTrade/amount", "AMOUNT")]),
    ],
)
def test_trade_that_cannot_be_weighed_is_refused(shop: Sandbox, trade: Any, found: Any) -> None:
    before = shop.digest()
    assert faults(shop.post("/applications", application(yearlyTrade=trade))) == found
    assert shop.digest() == before


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"stores": -1}, ("/stores", "MINIMUM")),
        ({"systems": ["POS", "POS"]}, ("/systems", "UNIQUE_ITEMS")),
        ({"systems": ["ABACUS"]}, ("/systems/0", "ENUM")),
        ({"functions": []}, ("/functions", "MIN_ITEMS")),
        ({"company": ""}, ("/company", "MIN_LENGTH")),
        ({"technicalContact": {"name": "Zoë", "email": "zoe"}}, ("/technicalContact/email", "FORMAT")),
    ],
)
def test_what_is_no_application_by_its_form_is_refused(shop: Sandbox, changes: Any, found: Any) -> None:
    assert found in faults(shop.post("/applications", application(**changes)), 400, "INVALID_REQUEST")


def test_a_list_is_narrowed_by_state(shop: Sandbox) -> None:
    eligible, agreed = applied(shop), signed(shop)
    for status, name in (("ELIGIBLE", eligible), ("NDA_SIGNED", agreed)):
        items = shop.get("/applications", status=status).json()["items"]
        assert [one["applicationId"] for one in items] == [name]


def test_an_account_that_is_bound_to_a_store_does_not_speak_for_the_chain(shop: Sandbox) -> None:
    name = verified(shop)
    for path, body in (
        ("", application()),
        (f"/{name}/nda", signature()),
        (f"/{name}/test-reports", certified()),
        (f"/{name}/go-live", None),
    ):
        problem(shop.post(f"/applications{path}", body, key=STORE_KEY), 403, "STORE_NOT_YOURS")
    problem(shop.get(f"/applications/{name}/contract", key=STORE_KEY), 403, "STORE_NOT_YOURS")
    assert shop.get(f"/applications/{name}", key=STORE_KEY).json()["status"] == "VERIFIED"


# The agreement and the contract


def test_before_the_agreement_there_is_no_contract(shop: Sandbox) -> None:
    name = applied(shop)
    refusal = problem(shop.get(f"/applications/{name}/contract"), 403, "NDA_MISSING")
    assert refusal["detail"] == f"Application {name} has no signed agreement."
    assert [error["message"] for error in refusal["errors"]] == ["Sign the agreement with POST …/nda."]


def test_an_agreement_that_is_signed_with_blanks_is_told_what_to_write(shop: Sandbox) -> None:
    answer = problem(
        shop.post(f"/applications/{applied(shop)}/nda", signature() | {"name": " "}), 400, "INVALID_REQUEST"
    )
    assert [(error["pointer"], error["message"]) for error in answer["errors"]] == [
        ("/name", "It must say something beside blanks, and hold no NUL.")
    ]


def test_an_agreement_is_signed_once(shop: Sandbox) -> None:
    problem(shop.post(f"/applications/{signed(shop)}/nda", signature()), 409, "ILLEGAL_TRANSITION")


def test_sandbox_credentials_open_everything_but_onboarding(shop: Sandbox) -> None:
    path = f"/applications/{signed(shop)}/contract"
    answer = shop.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert shop.get(path).content == answer.content
    key = key_of(answer)
    assert shop.get("/orders", key=key).status_code == 200
    assert shop.call("PUT", "/inventory", report(), key=key).status_code == 200
    problem(shop.get("/applications", key=key), 403, "SCOPE_MISSING")


# Reports


def test_a_report_by_a_plan_that_nobody_knows_is_refused(shop: Sandbox) -> None:
    shop.tenant.equip(Plans())
    (reason,) = judged(shop, certified())["reasons"]
    assert (reason["code"], reason["message"]) == (
        "UNKNOWN_PLAN",
        "There is no plan chain-core@1. Known are: none.",
    )


def test_a_report_with_one_verdict_altered_is_refused_and_the_entry_named(shop: Sandbox) -> None:
    verdicts = [{"check": "order.ack-once", "verdict": "PASS"}, {"check": "ship.once", "verdict": "FAIL"}]
    evidence = [{**verdict, "content": "journal 41: 200"} for verdict in verdicts]
    failed = certified(verdicts=verdicts, evidence=evidence)
    (reason,) = judged(shop, failed)["reasons"]
    assert (reason["code"], reason["check"]) == ("NOT_PASSED", "ship.once")
    passed = {**failed, "verdicts": [{**one, "verdict": "PASS"} for one in verdicts]}
    (reason,) = judged(shop, seal(passed))["reasons"]
    assert reason == {
        "code": "VERDICT_ALTERED",
        "message": "Entry 2 of the evidence says FAIL of ship.once; its verdict is PASS.",
        "entry": 2,
        "check": "ship.once",
    }
    passed["evidence"][1]["verdict"] = "PASS"
    (reason,) = judged(shop, seal(passed))["reasons"]
    assert (reason["code"], reason["entry"]) == ("EVIDENCE_ALTERED", 2)


def test_every_reason_is_told_at_once(shop: Sandbox) -> None:
    wrong = certified(planHash="d" * 64, issuedAt="2026-11-28T00:00:00Z", expiresAt="2026-11-27T00:00:00Z")
    reasons = judged(shop, {**wrong, "hash": "0" * 64})["reasons"]
    assert [reason["code"] for reason in reasons] == [
        "PLAN_ALTERED",
        "ISSUED_IN_FUTURE",
        "EXPIRED",
        "VALIDITY",
        "REPORT_ALTERED",
    ]


def test_a_better_report_makes_good_for_one_that_was_refused(shop: Sandbox) -> None:
    name = signed(shop)
    assert judged(shop, certified(planHash="d" * 64), name)["status"] == "REFUSED"
    told = faults(shop.call("POST", f"/applications/{name}/go-live"), 409, "ILLEGAL_TRANSITION")
    assert told == [("", "PLAN_ALTERED")]
    assert judged(shop, certified(), name)["status"] == "VERIFIED"


def test_no_report_is_judged_before_the_agreement(shop: Sandbox) -> None:
    answer = shop.post(f"/applications/{applied(shop)}/test-reports", certified())
    problem(answer, 409, "ILLEGAL_TRANSITION")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"plan": "chain core"}, ("/plan", "PATTERN")),
        ({"verdicts": []}, ("/verdicts", "MIN_ITEMS")),
        ({"verdicts": [{"check": "a.b", "verdict": "FINE"}]}, ("/verdicts/0/verdict", "ENUM")),
        ({"issuedAt": "yesterday"}, ("/issuedAt", "FORMAT")),
    ],
)
def test_what_is_no_report_by_its_form_is_refused(shop: Sandbox, changes: Any, found: Any) -> None:
    body = {**certified(), **changes}
    assert found in faults(shop.post(f"/applications/{signed(shop)}/test-reports", body), 400, "INVALID_REQUEST")


# Going live


def test_live_credentials_open_everything_but_onboarding_as_key_and_by_a_token(shop: Sandbox) -> None:
    answer = shop.call("POST", f"/applications/{verified(shop)}/go-live")
    assert answer.headers["cache-control"] == "no-store"
    given = answer.json()["credentials"]
    assert shop.get("/orders", key=given["apiKey"]).status_code == 200
    problem(shop.get("/applications", key=given["apiKey"]), 403, "SCOPE_MISSING")
    client = {"client_id": given["clientId"], "client_secret": given["clientSecret"]}
    asked = {"grant_type": "client_credentials", **client}
    token = shop.post(given["tokenUrl"].removeprefix("/v1"), asked, key=None).json()["access_token"]
    bearer = {"authorization": f"Bearer {token}"}
    assert shop.call("GET", "/orders", key=None, headers=bearer).status_code == 200
    wrong = shop.post("/oauth/token", {**asked, "client_secret": "sec_wrong"}, key=None)
    assert wrong.status_code == 401


def test_live_credentials_are_those_of_the_seed(shop: Sandbox) -> None:
    first = shop.call("POST", f"/applications/{verified(shop)}/go-live").json()["credentials"]
    shop.begin_anew()
    problem(shop.get("/orders", key=first["apiKey"]), 401, "UNAUTHENTICATED")
    assert shop.call("POST", f"/applications/{verified(shop)}/go-live").json()["credentials"] == first


@pytest.mark.parametrize(
    "change",
    [
        lambda key: "key_wrong" + key[key.index(".") :],
        lambda key: key.replace("live-", "sandbox-"),
        lambda key: key.replace("live-", "other-"),
        lambda key: key.replace("live-app", "live-ppa"),
        lambda key: f"{key}s",
    ],
)
def test_a_key_that_is_nearly_right_is_nobodys(shop: Sandbox, change: Any) -> None:
    key = key_of(shop.call("POST", f"/applications/{verified(shop)}/go-live"))
    problem(shop.get("/orders", key=change(key)), 401, "UNAUTHENTICATED")


def test_who_waits_until_the_report_has_expired_does_not_go_live(shop: Sandbox) -> None:
    name = verified(shop)
    shop.pass_time(timedelta(days=92))
    assert faults(shop.call("POST", f"/applications/{name}/go-live")) == [("", "CERTIFICATE_EXPIRED")]


def test_a_chain_goes_live_once(shop: Sandbox) -> None:
    problem(shop.call("POST", f"/applications/{live(shop)}/go-live"), 409, "ILLEGAL_TRANSITION")


# Health


def test_a_chain_that_is_not_live_has_no_health(shop: Sandbox) -> None:
    problem(shop.get(f"/applications/{verified(shop)}/health-checks"), 409, "ILLEGAL_TRANSITION")


def test_each_quarter_tells_of_orders_and_calls_in_it(shop: Sandbox) -> None:
    shop.tenant.power(Journal).clear()
    name = verified(shop)
    problem(shop.get("/orders/ord_nowhere"), 404, "NOT_FOUND")
    shop.pass_time(timedelta(minutes=1))
    assert shop.call("POST", f"/applications/{name}/go-live").is_success
    buy(shop, ("SKU-1", 1))
    order = buy(shop, ("SKU-1", 1)).order_id
    accept = {"lines": [{"lineId": "1", "decision": "ACCEPT"}]}
    assert shop.post(f"/orders/{order}/acknowledgements", accept).is_success
    fresh, old = "2026-11-27T14:50:00Z", "2026-11-27T14:30:00Z"
    for sequence, at in ((11, fresh), (12, old)):
        item = {"storeId": "S0003", "sku": "SKU-1", "onHand": 3, "sequence": sequence, "asOf": at}
        assert shop.call("PUT", "/inventory", {"items": [item]}).json()["accepted"] == 1
    problem(shop.get("/orders/ord_nowhere"), 404, "NOT_FOUND")
    shop.pass_time(timedelta(days=40))
    first, second = shop.get(f"/applications/{name}/health-checks").json()["quarters"]
    assert (first["quarter"], second["quarter"], first["to"]) == ("2026-Q4", "2027-Q1", second["from"])
    assert first["acknowledgements"] == {"counted": 2, "punctual": 1, "rate": 0.5}
    assert first["shipments"]["punctual"] == 0
    assert first["stockReports"] == {"counted": 2, "punctual": 1, "rate": 0.5}
    # Going live counts, and nothing before it.
    assert first["calls"] == {"counted": 5, "errors": 1, "rate": 0.2}
    assert first["complete"]
    assert second["calls"] == {"counted": 0, "errors": 0}


# Secrets


def test_no_secret_stands_in_the_journal(shop: Sandbox) -> None:
    journal = shop.tenant.power(Journal)
    name = verified(shop)
    seen = journal.last
    shown = [shop.get(f"/applications/{name}/contract"), shop.call("POST", f"/applications/{name}/go-live")]
    kept = list(journal.entries(seen))
    for answer in shown:
        for member in ("clientSecret", "apiKey"):
            secret = answer.json()["credentials"][member].encode()
            assert not any(secret in part for one in kept for part in (one.content, one.request, one.response))


def test_a_repeated_call_shows_the_same_credentials(shop: Sandbox) -> None:
    path = f"/applications/{verified(shop)}/go-live"
    first, again = (shop.post(path, None, once="go") for _ in range(2))
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
