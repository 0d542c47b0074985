"""The layer that lets calls pass or refuses them, around an application that does nothing."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from connexion.middleware.abstract import ROUTING_CONTEXT

from sandbox_server.asgi import Message, RawHeaders, Receive, Scope, Send
from sandbox_server.domain.errors import GrantRefused, NotFound, Unauthenticated
from sandbox_server.kernel.clock import ClockMode, FrozenClock, VirtualClock
from sandbox_server.middleware.throttle import Throttling, refusal, stamps
from sandbox_server.services.access import Authenticated
from sandbox_server.services.journal import Journal
from sandbox_server.services.tenants import Tenant
from sandbox_server.traffic.credentials import Caller, Credential
from sandbox_server.traffic.throttle import Level, Profile, Throttle, limit_of, tariffs

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
TARIFFS = tariffs({"listOrders": limit_of(60, 2), "createToken": limit_of(20, 2)}, {"listOrders": limit_of(1.002, 2)})
FORM = [(b"content-type", b"application/x-www-form-urlencoded")]
Told = tuple[str, Mapping[str, str]]
P = TypeVar("P")


class Refused(Exception):
    """A call too many."""

    def __init__(self, detail: str, headers: Mapping[str, str]) -> None:
        super().__init__(detail)
        self.told = (detail, headers)


class Store(Tenant):
    """A tenant without a world."""

    def __init__(self, name: str, profile: Profile) -> None:
        super().__init__(name, NotImplemented, FrozenClock(NOW))
        self.equip(Throttle(TARIFFS, profile), Journal(name))

    @property
    def throttle(self) -> Throttle:
        return self.power(Throttle)


class Place:
    """Two tenants, each with a client, a key and a throttle, and a layer before an application that takes note."""

    def __init__(self, profile: Profile = Profile.DEFAULT) -> None:
        self.default, self.other = Store("default", profile), Store("other", profile)
        self.tenants = {"shop": self.default, "shop.other": self.other}
        self.bodies: list[bytes] = []
        self.layer = Throttling(self.answer, self, Refused)

    def get(self, name: str) -> Store:
        if name != "other":
            raise NotFound("tenant", name)
        return self.other

    def tenant_of(self, client_id: str) -> Store:
        if client_id not in self.tenants:
            raise GrantRefused("invalid_client", "")
        return self.tenants[client_id]

    def identify_key(self, api_key: str) -> Authenticated:
        if not api_key.startswith("key of "):
            raise Unauthenticated("")
        client_id = api_key.removeprefix("key of ")
        return Authenticated(self.tenants[client_id], caller(client_id))

    async def answer(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.bodies.append(body)

    def call(
        self,
        operation_id: str = "listOrders",
        client_id: str | None = "shop",
        *,
        headers: RawHeaders | None = None,
        body: Sequence[bytes] = (b"",),
        peer: tuple[str, int] | None = ("192.0.2.7", 50000),
    ) -> dict[str, Any]:
        """Make a call; return what the layer left in its state, with what it refused it with."""
        state: dict[str, Any] = {
            "tenant": self.tenants[client_id] if client_id is not None else self.default,
            "caller": caller(client_id) if client_id is not None else None,
            "headers": dict(headers or []),
            "notes": {},
        }
        method = "GET" if operation_id.startswith(("get", "list")) else "POST"
        scope: Scope = {
            "type": "http",
            "method": method,
            "state": state,
            "client": peer,
            "extensions": {ROUTING_CONTEXT: {"operation_id": operation_id}},
        }
        chunks: list[Message] = [
            {"type": "http.request", "body": chunk, "more_body": number < len(body)}
            for number, chunk in enumerate(body, 1)
        ]

        async def receive() -> Message:
            return chunks.pop(0) if chunks else {"type": "http.disconnect"}

        try:
            asyncio.run(_await(self.layer, scope, receive))
        except Refused as refused:
            state["told"] = refused.told
        return state

    def admitted(self, times: int = 3, **how: Any) -> list[bool]:
        """Which of some calls in a row pass."""
        return ["told" not in self.call(**how) for _ in range(times)]


async def _await(layer: Throttling, scope: Scope, receive: Receive) -> None:
    async def send(_message: Message) -> None:
        raise AssertionError("the layer answers nothing itself")

    await layer(scope, receive, send)


def caller(client_id: str) -> Caller:
    return Caller(Credential(client_id, "", "", ()), frozenset())


@pytest.fixture
def place() -> Place:
    """Return two tenants that limit as the contract does."""
    return Place()


def test_a_call_too_many_is_refused_before_the_application_sees_it(place: Place) -> None:
    assert place.admitted() == [True, True, False]
    assert len(place.bodies) == 2


def test_what_is_left_is_told_and_noted(place: Place) -> None:
    told = [place.call() for _ in range(3)]
    assert [state["stamps"][1] for state in told] == [
        (b"ratelimit", b'"listOrders";r=1;t=1'),
        (b"ratelimit", b'"listOrders";r=0;t=2'),
        (b"ratelimit", b'"listOrders";r=0;t=2'),
    ]
    assert {state["stamps"][0] for state in told} == {(b"ratelimit-policy", b'"listOrders";q=60;w=60')}
    assert [state["notes"]["throttle"] for state in told] == [
        {"admitted": True, "remaining": 1},
        {"admitted": True, "remaining": 0},
        {"admitted": False, "remaining": 0},
    ]


def test_a_call_that_nobody_writes_down_is_throttled_all_the_same(place: Place) -> None:
    scope: Scope = {
        "method": "GET",
        "state": {"tenant": place.default, "caller": caller("shop"), "headers": {}},
        "extensions": {ROUTING_CONTEXT: {"operation_id": "listOrders"}},
    }

    async def receive() -> Message:
        return {"type": "http.request"}

    asyncio.run(_await(place.layer, scope, receive))
    assert scope["state"]["stamps"]


def test_tenants_and_callers_and_operations_share_no_bucket(place: Place) -> None:
    assert place.admitted() == [True, True, False]
    assert place.admitted(client_id="shop.other") == [True, True, False]
    assert place.admitted(operation_id="createToken") == [True, True, False]
    place.tenants["second"] = place.default
    assert place.admitted(client_id="second") == [True, True, False]


def test_an_operation_without_a_limit_passes(place: Place) -> None:
    state = place.call("somethingNew")
    assert ("told" in state, "stamps" in state, state["notes"]) == (False, False, {})


def test_a_throttle_that_is_off_lets_pass_and_tells_nothing() -> None:
    place = Place(Profile.OFF)
    for client_id in ("shop", None):
        state = place.call(client_id=client_id)
        assert ("told" in state, "stamps" in state, state["notes"]) == (False, False, {})


def test_a_bucket_fills_by_the_tenants_own_clock(place: Place) -> None:
    assert place.admitted() == [True, True, False]
    assert place.admitted(client_id="shop.other") == [True, True, False]
    place.default.clock.move_to(NOW + timedelta(milliseconds=999))
    assert place.admitted(1) == [False]
    place.default.clock.move_to(NOW + timedelta(seconds=1))
    assert place.admitted(2) == [True, False]
    assert place.admitted(1, client_id="shop.other") == [False]


BASIC = [(b"authorization", b"Basic c2hvcC5vdGhlcjpzZWNyZXQ=")]  # shop.other:secret


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (BASIC, [b"grant_type=client_credentials"]),
        (FORM, [b"grant_type=client_credentials&client_id=shop.other&client_secret=wrong"]),
        (FORM, [b"client_", b"id=shop.", b"other"]),
        ([], [b'{"client_id": "shop.other"}']),
        ([(b"x-api-key", b"key of shop.other")], [b""]),
    ],
)
def test_where_nobody_need_be_known_the_client_that_is_shown_spends_of_its_own_tenant(
    place: Place, headers: RawHeaders, body: list[bytes]
) -> None:
    how: dict[str, Any] = {"operation_id": "createToken", "client_id": None, "headers": headers, "body": body}
    assert place.admitted(**how) == [True, True, False]
    assert place.bodies == [b"".join(body)] * 2
    assert place.other.throttle.meters["createToken"].look("shop.other", 1_795_791_600_000).remaining == 0
    assert len(place.default.throttle.meters["createToken"]) == 0


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"body": [b"client_id=nobody"]},
        {"body": [b"client_id=" + b"x" * 100_000 + b"&client_id=shop.other"]},
        {"body": [b"x" * 70_000, b"&client_id=shop.other"]},
        {"body": [b"client_id=shop.other&x=" + b"x" * 70_000, b"&y=y"]},
        {"headers": [(b"x-api-key", b"unknown")]},
    ],
)
def test_whoever_shows_no_client_that_is_known_spends_by_address_of_the_default_tenant(
    place: Place, how: dict[str, Any]
) -> None:
    how = {"operation_id": "createToken", "client_id": None, **how}
    assert place.admitted(**how) == [True, True, False]
    assert place.admitted(**how, peer=("192.0.2.7", 50001)) == [False] * 3
    assert place.admitted(**how, peer=("192.0.2.8", 50000)) == [True, True, False]
    assert place.admitted(**how, peer=None) == [True, True, False]
    assert place.bodies == [b"".join(how.get("body", [b""]))] * 6
    assert len(place.default.throttle.meters["createToken"]) == 3
    assert len(place.other.throttle.meters["createToken"]) == 0


def test_the_bearer_of_a_token_spends_by_address_of_its_tenant_where_it_need_not_be_known(place: Place) -> None:
    place.call("createToken", None, headers=[(b"authorization", b"Bearer other.abc")])
    assert len(place.other.throttle.meters["createToken"]) == 1


@pytest.mark.parametrize(
    ("per_minute", "policy"),
    [
        (60, b'"op";q=60;w=60'),
        (0.5, b'"op";q=1;w=120'),
        (1.002, b'"op";q=501;w=30000'),
        (0.001, b'"op";q=1;w=60000'),
        (999_999.999999, b'"op";q=999999999999;w=60000000'),
    ],
)
def test_a_policy_is_told_in_whole_calls_and_whole_seconds(per_minute: float, policy: bytes) -> None:
    lines = stamps("op", Profile.DEFAULT, limit_of(per_minute, 5), Level(5, 0, 0), 1.0)
    assert lines == [(b"ratelimit-policy", policy), (b"ratelimit", b'"op";r=5;t=0')]


# RFC 9651 (Structured Fields): a List with one Item, a String of visible ASCII with Parameters that are Integers.
ITEM = re.compile(rb'"(?P<name>[ !#-\[\]-~]+)"(?P<parameters>(;[a-z*][a-z0-9_.*-]*=-?[0-9]{1,15})*)')


@pytest.mark.parametrize("per_minute", [0.001, 1 / 3, 59.999999, 60, 123456.789012, 1_000_000])
@pytest.mark.parametrize("burst", [1, 1_000_000])
@pytest.mark.parametrize("pace", [0.0, 1.0, 0.001, 3600.0])
def test_the_fields_are_structured_fields_with_the_members_of_the_draft(
    per_minute: float, burst: int, pace: float
) -> None:
    limit = limit_of(per_minute, burst)
    milliseconds = burst * 60_000_000_000 // limit.rate
    lines = dict(stamps("listOrders", Profile.STRICT, limit, Level(burst, 0, milliseconds), pace))
    for field, members in ((b"ratelimit-policy", [b"q", b"w"]), (b"ratelimit", [b"r", b"t"])):
        item = ITEM.fullmatch(lines[field])
        assert item is not None, lines[field]
        assert item["name"] == b"listOrders"
        assert [member.partition(b"=")[0] for member in item["parameters"].split(b";")[1:]] == members


@pytest.mark.parametrize(
    ("per_minute", "told"), [(1.002, b"0.0167"), (3000, b"50"), (30, b"0.5"), (0.001, b"0.000017")]
)
def test_amazons_header_tells_calls_a_second(per_minute: float, told: bytes) -> None:
    lines = stamps("listOrders", Profile.AMAZON, limit_of(per_minute, 20), Level(0, 1, 1), 1.0)
    assert lines == [(b"x-amzn-ratelimit-limit", told)]


@pytest.mark.parametrize(
    ("profile", "next_ms", "pace", "told"),
    [
        (Profile.DEFAULT, 2000, 1.0, ("op has no call left; the next one comes in 2 seconds.", {"Retry-After": "2"})),
        (Profile.STRICT, 1001, 1.0, ("op has no call left; the next one comes in 2 seconds.", {"Retry-After": "2"})),
        (Profile.PEAK, 1, 1.0, ("op has no call left; the next one comes in 1 second.", {"Retry-After": "1"})),
        (Profile.PEAK, 90_000, 60.0, ("op has no call left; the next one comes in 2 seconds.", {"Retry-After": "2"})),
        (Profile.PEAK, 500, 0.25, ("op has no call left; the next one comes in 2 seconds.", {"Retry-After": "2"})),
        (
            Profile.DEFAULT,
            1500,
            0.0,
            (
                "op has no call left; the next one comes when the clock, which stands, is advanced by 2 seconds.",
                {"Retry-After": "2"},
            ),
        ),
        (Profile.AMAZON, 2000, 1.0, ("op has no call left.", {})),
    ],
)
def test_a_refused_client_is_told_how_long_to_wait_by_its_own_watch(
    profile: Profile, next_ms: int, pace: float, told: Told
) -> None:
    assert refusal("op", profile, Level(0, next_ms, 10 * next_ms), pace) == told


def test_the_pace_is_that_of_the_tenants_clock(place: Place) -> None:
    place.default.clock = VirtualClock(NOW, ClockMode.SCALED, 1e-9)
    place.call()
    place.call()
    assert place.call()["told"][1] == {"Retry-After": "1000000000"}
