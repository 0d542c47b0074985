"""Throttling, as clients of the marketplace meet it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox_server.api.acorn.limits import _AMAZON
from sandbox_server.kernel.clock import ClockMode, VirtualClock, to_milliseconds
from sandbox_server.traffic.throttle import Profile, Throttle, limit_of
from tests.api.acorn.conformance import CONTRACT, problem
from tests.api.acorn.requests import OF_OAUTH, OPERATIONS, SAMPLES
from tests.api.acorn.sandbox import KEY, READER_KEY, SUSPENDED_KEY, Sandbox
from tests.api.acorn.test_every_operation import WAYS, send

FIELDS = ("ratelimit-policy", "ratelimit", "retry-after", "x-amzn-ratelimit-limit")
CLIENT = {"grant_type": "client_credentials", "client_id": "acorn-sandbox", "client_secret": "acorn-secret"}
CLIENT_IDS = {KEY: "acorn-sandbox", READER_KEY: "acorn-reader", SUSPENDED_KEY: "acorn-suspended"}


@pytest.fixture
def limited(shop: Sandbox) -> Iterator[Sandbox]:
    """Return the small shop with the contract's limits in force."""
    throttle(shop).set(Profile.DEFAULT)
    yield shop
    throttle(shop).set(Profile.OFF)


def throttle(shop: Sandbox) -> Throttle:
    return shop.tenant.power(Throttle)


def told(answer: httpx.Response) -> dict[str, str]:
    """What an answer tells of limits."""
    return {name: answer.headers[name] for name in FIELDS if name in answer.headers}


def left(shop: Sandbox, operation_id: str, key: str = KEY) -> int:
    """What is left of an operation's burst, read where no call is spent."""
    return throttle(shop).meters[operation_id].look(CLIENT_IDS[key], to_milliseconds(shop.now)).remaining


def limits(shop: Sandbox, key: str = KEY) -> dict[str, Any]:
    """What GET /rate-limits says, by operation."""
    return {row["operationId"]: row for row in shop.get("/rate-limits", key=key).json()["operations"]}


def test_while_throttling_is_off_no_answer_tells_of_it(shop: Sandbox) -> None:
    assert [told(shop.get("/stores")) for _ in range(30)] == [{}] * 30


def test_a_burst_passes_and_the_call_after_it_is_refused_with_the_time_to_wait(limited: Sandbox) -> None:
    answers = [limited.get("/stores") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    body = problem(answers[-1], 429, "RATE_LIMITED")
    assert body["title"] == "Too many calls of this operation"
    assert body["detail"] == (
        "listStores has no call left; the next one comes when the clock, which stands, is advanced by 2 seconds."
    )
    assert told(answers[0]) == {"ratelimit-policy": '"listStores";q=30;w=60', "ratelimit": '"listStores";r=9;t=2'}
    assert told(answers[-1]) == {
        "ratelimit-policy": '"listStores";q=30;w=60',
        "ratelimit": '"listStores";r=0;t=20',
        "retry-after": "2",
    }


def test_whoever_waits_as_told_gets_one_more_call(limited: Sandbox) -> None:
    while (answer := limited.get("/stores")).is_success:
        pass
    limited.pass_time(timedelta(seconds=int(answer.headers["retry-after"])))
    assert [limited.get("/stores").status_code for _ in range(2)] == [200, 429]


def test_a_refused_call_does_nothing(limited: Sandbox) -> None:
    throttle(limited).set(Profile.DEFAULT, {"updateStore": limit_of(1, 1)})
    sample = SAMPLES["updateStore"](limited)
    assert send(limited, "updateStore", sample).is_success
    before = limited.digest()
    problem(send(limited, "updateStore", sample), 429, "RATE_LIMITED")
    assert limited.digest() == before


def test_with_a_clock_that_runs_faster_the_wait_is_shorter_by_the_clients_watch(limited: Sandbox) -> None:
    throttle(limited).set(Profile.DEFAULT, {"listStores": limit_of(0.001, 1)})
    limited.tenant.clock = VirtualClock(limited.now, ClockMode.SCALED, 60.0)
    answers = [raw_get(limited, "/v1/stores") for _ in range(2)]
    assert answers[-1].status_code == 429
    assert 900 <= int(answers[-1].headers["retry-after"]) <= 1000
    assert answers[-1].json()["detail"].startswith("listStores has no call left; the next one comes in ")


def raw_get(shop: Sandbox, path: str) -> httpx.Response:
    """Get without holding the `Date` against a clock that runs."""
    return shop._client.get(f"http://sandbox{path}", headers={"x-api-key": KEY})


Way = Callable[[Sandbox], httpx.Response]
SPENDING: dict[str, tuple[int, str, int, Way]] = {
    "success": (200, "listStores", 1, lambda shop: shop.get("/stores")),
    "no such path": (404, "listStores", 0, lambda shop: shop.get("/shops")),
    "a slash too many": (404, "listStores", 0, lambda shop: shop.get("/stores/")),
    "no such method": (405, "listStores", 0, lambda shop: shop.call("DELETE", "/stores")),
    "nobody": (401, "listStores", 0, lambda shop: shop.get("/stores", key="nobody")),
    "no scope": (403, "createStore", 0, lambda shop: shop.post("/stores", {}, key=READER_KEY)),
    "suspended": (403, "listStores", 0, lambda shop: shop.get("/stores", key=SUSPENDED_KEY)),
    "a bad parameter": (400, "listStores", 1, lambda shop: shop.get("/stores", limit=0)),
    "a bad body": (400, "createStore", 1, lambda shop: shop.post("/stores", {})),
    "no such form": (406, "listStores", 1, lambda shop: shop.get("/stores", accept="text/html")),
    "no such store": (404, "getStore", 1, lambda shop: shop.get("/stores/S0404")),
}


@pytest.mark.parametrize(("status", "operation_id", "spent", "way"), SPENDING.values(), ids=SPENDING)
def test_what_reaches_the_operation_spends_a_call_and_what_does_not_spends_none(
    limited: Sandbox, status: int, operation_id: str, spent: int, way: Way
) -> None:
    keys = (KEY, READER_KEY, SUSPENDED_KEY)
    before = [left(limited, operation_id, key) for key in keys]
    answer = way(limited)
    assert answer.status_code == status
    assert sum(before) - sum(left(limited, operation_id, key) for key in keys) == spent
    assert ("ratelimit" in answer.headers) == bool(spent)


@pytest.mark.parametrize(
    ("operation_id", "status"),
    [(name, status) for name in SAMPLES for status in WAYS if str(status) in OPERATIONS[name].responses],
)
def test_every_answer_of_an_operation_tells_what_is_left_once_its_caller_may_call_it(
    shop: Sandbox, operation_id: str, status: int
) -> None:
    sample = SAMPLES[operation_id](shop)
    throttle(shop).set(Profile.PEAK)
    answer = WAYS[status](shop, operation_id, sample)
    passed = status not in {401, 403} or operation_id in OF_OAUTH
    assert set(told(answer)) - {"retry-after"} == ({"ratelimit-policy", "ratelimit"} if passed else set())
    assert ("retry-after" in answer.headers) == (status == 429)


def test_a_replayed_answer_tells_what_is_left_now(limited: Sandbox) -> None:
    body = SAMPLES["createStore"](limited).body
    first, again = (limited.post("/stores", body, once="k") for _ in range(2))
    assert again.headers["idempotent-replayed"] == "true"
    assert [told(answer)["ratelimit"] for answer in (first, again)] == [
        '"createStore";r=9;t=2',
        '"createStore";r=8;t=4',
    ]


def test_the_rate_limits_are_those_of_the_contract_and_what_holds_after_asking(limited: Sandbox) -> None:
    limited.get("/stores")
    answer = limited.get("/rate-limits")
    assert answer.json()["profile"] == "default"
    rows = {row.pop("operationId"): row for row in answer.json()["operations"]}
    assert list(rows) == list(OPERATIONS)
    for name, row in rows.items():
        limit = OPERATIONS[name].rate_limit
        spent = name in {"listStores", "getRateLimits"}
        assert row == {
            "perMinute": limit["perMinute"],
            "burst": limit["burst"],
            "remaining": limit["burst"] - spent,
            "resetSeconds": 2 if spent else 0,
        }
    assert answer.headers["ratelimit"] == '"getRateLimits";r=9;t=2'


def test_the_rate_limits_agree_with_what_is_admitted_to_the_last_call(limited: Sandbox) -> None:
    throttle(limited).set(Profile.STRICT)
    for seconds in (0, 7, 61, 0, 200):
        limited.pass_time(timedelta(seconds=seconds))
        remaining = limits(limited)["getStore"]["remaining"] if left(limited, "getRateLimits") else 0
        assert remaining == left(limited, "getStore")
        admitted = [limited.get("/stores/S0001").status_code for _ in range(remaining + 1)]
        assert admitted == [200] * remaining + [429]


def test_each_credential_sees_and_spends_its_own(limited: Sandbox) -> None:
    for _ in range(10):
        limited.get("/stores")
    assert limits(limited)["listStores"]["remaining"] == 0
    assert limits(limited, READER_KEY)["listStores"]["remaining"] == 10
    assert limited.get("/stores", key=READER_KEY).status_code == 200


def test_a_key_and_a_token_of_one_client_share_its_buckets(limited: Sandbox) -> None:
    token = limited.call("POST", "/oauth/token", CLIENT, key=None).json()["access_token"]
    for _ in range(5):
        limited.get("/stores")
        limited.call("GET", "/stores", key=None, headers={"authorization": f"Bearer {token}"})
    assert limited.get("/stores").status_code == 429


def test_the_token_endpoint_counts_for_the_client_that_it_is_asked_for(limited: Sandbox) -> None:
    answers = [limited.call("POST", "/oauth/token", CLIENT, key=None) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    problem(answers[-1], 429, "RATE_LIMITED")
    assert answers[-1].headers["retry-after"] == "3"
    assert limits(limited)["createToken"]["remaining"] == 0
    other = {**CLIENT, "client_id": "acorn-reader", "client_secret": "acorn-reader-secret"}
    assert limited.call("POST", "/oauth/token", other, key=None).status_code == 200


def test_wrong_secrets_and_made_up_clients_spend_too(limited: Sandbox) -> None:
    wrong = [limited.call("POST", "/oauth/token", {**CLIENT, "client_secret": "no"}, key=None) for _ in range(11)]
    assert [answer.status_code for answer in wrong] == [401] * 10 + [429]
    made_up = [limited.call("POST", "/oauth/token", {**CLIENT, "client_id": f"x{n}"}, key=None) for n in range(11)]
    assert [answer.status_code for answer in made_up] == [401] * 10 + [429]


def test_health_is_limited_by_address_or_by_the_client_that_asks(limited: Sandbox) -> None:
    throttle(limited).set(Profile.DEFAULT, {"getHealth": limit_of(1, 1)})
    assert [limited.get("/health", key=None).status_code for _ in range(2)] == [200, 429]
    assert [limited.get("/health").status_code for _ in range(2)] == [200, 429]
    assert limits(limited)["getHealth"]["remaining"] == 0


def test_amazons_profile_has_amazons_numbers_and_header_and_does_not_say_when_to_come_again(shop: Sandbox) -> None:
    throttle(shop).set(Profile.AMAZON)
    answers = [shop.get("/orders") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert {tuple(told(answer).items()) for answer in answers} == {(("x-amzn-ratelimit-limit", "0.0167"),)}
    assert problem(answers[-1], 429, "RATE_LIMITED")["detail"] == "listOrders has no call left."
    row = limits(shop)["listOrders"]
    assert (row["perMinute"], row["burst"], row["remaining"]) == (1.002, 20, 0)


@pytest.mark.parametrize(("profile", "times"), [(Profile.STRICT, 0.1), (Profile.PEAK, 10)])
def test_the_other_profiles_follow_from_the_contract(shop: Sandbox, profile: Profile, times: float) -> None:
    throttle(shop).set(profile)
    for name, row in limits(shop).items():
        limit = OPERATIONS[name].rate_limit
        assert row["perMinute"] == pytest.approx(limit["perMinute"] * times)
        assert row["burst"] == max(1, limit["burst"] * times)


def test_amazons_figures_are_of_operations_that_there_are() -> None:
    assert set(_AMAZON) <= {operation.operation_id for operation in CONTRACT.operations()}
