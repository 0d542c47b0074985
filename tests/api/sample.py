"""A small contract with a small world behind it, for tests of the edge alone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import orjson

from sandbox_server.api.contract import Contract
from sandbox_server.api.mount import Mounted, Mounts
from sandbox_server.api.operation import Call, Handler, Listing, Rendered, Reply
from sandbox_server.api.pagination import next_cursor, page_query
from sandbox_server.api.refusals import (
    BodyTooLarge,
    InvalidRequest,
    MethodNotAllowed,
    NoSuchPath,
    NotAcceptable,
    Refusal,
    UnsupportedMediaType,
)
from sandbox_server.asgi import ASGIApp
from sandbox_server.domain.errors import (
    CursorMismatch,
    DomainError,
    Forbidden,
    IdempotencyKeyReused,
    IllegalTransition,
    NotFound,
    TokenExpired,
    Unauthenticated,
)
from sandbox_server.kernel.clock import Clock, FrozenClock
from sandbox_server.middleware.stack import Edge, assemble
from sandbox_server.services.ports import Page, Query, Replay, Transaction
from sandbox_server.traffic.credentials import Caller, Credential

P = TypeVar("P")
NOW = datetime(2026, 11, 27, 15, 0, 0, 123000, UTC)
CONTRACT = Contract((Path(__file__).parent / "sample.yaml").read_bytes())


class Replays:
    """The table of replays, as far as idempotency uses it."""

    def __init__(self) -> None:
        self.kept: dict[str, Replay] = {}

    def get(self, key: str) -> Replay | None:
        return self.kept.get(key)

    def remove(self, key: str) -> None:
        self.kept.pop(key, None)

    def put(self, replay: Replay) -> None:
        self.kept[replay.key] = replay

    def page(self, query: Query) -> Page[Replay]:
        return Page((), None)

    def unpack(self, packed: bytes) -> Replay:
        raise AssertionError("the pages are empty")


@dataclass
class World:
    """What a transaction sees; `log` holds what happened to the transactions."""

    now: datetime = NOW
    replays: Replays = field(default_factory=Replays)
    things: dict[str, int] = field(default_factory=lambda: {f"T-{number}": number for number in range(1, 8)})
    log: list[str] = field(default_factory=list)
    seed: int = 7


@dataclass
class SampleTenant:
    world: World = field(default_factory=World)
    clock: Clock = field(default_factory=lambda: FrozenClock(NOW))
    name: str = "sample"

    def power(self, kind: type[P]) -> P:
        raise KeyError(kind)

    def now(self) -> datetime:
        return NOW

    @contextmanager
    def begin(self, cause: str) -> Iterator[Transaction]:
        before, kept = dict(self.world.things), dict(self.world.replays.kept)
        try:
            yield cast(Transaction, self.world)
        except Exception:
            self.world.things, self.world.replays.kept = before, kept
            self.world.log.append("undone")
            raise
        self.world.log.append(f"committed {cause}")

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        yield cast(Transaction, self.world)


class Known(NamedTuple):
    tenant: SampleTenant
    caller: Caller


SCOPES = {"reader": ("things:read",), "writer": ("things:read", "things:write"), "suspended": ("things:read",)}


@dataclass
class SampleDirectory:
    default: SampleTenant = field(default_factory=SampleTenant)

    def identify_key(self, api_key: str) -> Known:
        return self._known(api_key)

    def identify_token(self, token: str) -> Known:
        if token == "expired":
            raise TokenExpired
        return self._known(token)

    def _known(self, secret: str) -> Known:
        if secret not in SCOPES:
            raise Unauthenticated("The credential is not known.")
        scopes = SCOPES[secret]
        credential = Credential(secret, "", "", scopes, suspended=secret == "suspended")
        return Known(self.default, Caller(credential, frozenset(scopes)))


STATUSES: dict[type[Exception], int] = {
    NoSuchPath: 404,
    MethodNotAllowed: 405,
    NotAcceptable: 406,
    BodyTooLarge: 413,
    UnsupportedMediaType: 415,
    InvalidRequest: 400,
    CursorMismatch: 400,
    NotFound: 404,
    IllegalTransition: 409,
    IdempotencyKeyReused: 422,
    Unauthenticated: 401,
    TokenExpired: 401,
    Forbidden: 403,
}


class SampleDialect:
    def problem(self, error: Exception, request_id: str) -> Reply:
        status = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 500)
        detail = error.detail if isinstance(error, DomainError | Refusal) else "A bug of the sandbox."
        errors = [dict(v._asdict()) for v in error.violations] if isinstance(error, InvalidRequest) else []
        content = {"status": status, "code": type(error).__name__, "detail": detail, "requestId": request_id}
        return Reply(status, {**content, "errors": errors}, media_type="application/problem+json")


class GrantDialect:
    def problem(self, error: Exception, request_id: str) -> Reply:
        codes = {violation.code for violation in error.violations} if isinstance(error, InvalidRequest) else {"OTHER"}
        return Reply(400, {"error": "invalid_request", "error_description": " ".join(codes)})


def wire_thing(packed: bytes) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], orjson.loads(packed))


def pack(thing_id: str, quantity: int) -> bytes:
    return orjson.dumps({"thingId": thing_id, "quantity": quantity})


def list_things(call: Call, tx: Transaction) -> Reply:
    query = page_query(call, tx, where={"storeId": "store", "status": "status"})
    rows = [pack(*thing) for thing in world(tx).things.items()][query.after : query.after + query.limit]
    end = query.after + query.limit
    return Reply(content=Listing(rows, wire_thing, next_cursor(call, tx, end if end < len(world(tx).things) else None)))


def get_thing(call: Call, tx: Transaction) -> Reply:
    thing_id = call.parameters["thingId"]
    if thing_id not in world(tx).things:
        raise NotFound("thing", thing_id)
    return Reply(content=Rendered(pack(thing_id, world(tx).things[thing_id]), wire_thing), headers={"ETag": '"1"'})


def put_things(call: Call, tx: Transaction) -> Reply:
    for item in call.body["items"]:
        world(tx).things[item["thingId"]] = item["quantity"]
    return Reply(content={"accepted": len(call.body["items"])})


def act_on_thing(call: Call, tx: Transaction) -> Reply:
    thing_id = call.parameters["thingId"]
    world(tx).things[thing_id] = world(tx).things.get(thing_id, 0) + 1
    if call.body["act"] == "refuse":
        raise IllegalTransition("thing", thing_id, "OPEN", "SHUT")
    if call.body["act"] == "break":
        raise KeyError("secret-of-a-client")
    content = {"thingId": thing_id, "quantity": world(tx).things[thing_id]}
    if call.body["act"] == "lie":
        content["quantity"] = -1
    return Reply(202 if call.body["act"] == "stray" else 201, content, {"Location": f"/v1/things/{thing_id}"})


HANDLERS: dict[str, Handler] = {
    "listThings": list_things,
    "putThings": put_things,
    "getThing": get_thing,
    "patchThing": lambda call, tx: Reply(204),
    "getLatest": lambda call, tx: Reply(content={"thingId": "LATEST", "quantity": 0}),
    "actOnThing": act_on_thing,
    "getLabel": lambda call, tx: Reply(raw=b"label", media_type=call.media_type),
    "createToken": lambda call, tx: Reply(content={"access_token": "reader", "asked": call.body}),
    "getHealth": lambda call, tx: Reply(content={"status": "ok"}),
}


def world(tx: Transaction) -> World:
    return cast(World, tx)


def make_app(directory: SampleDirectory | None = None, handlers: dict[str, Handler] | None = None) -> ASGIApp:
    mounted = Mounted(CONTRACT, HANDLERS | (handlers or {}), SampleDialect(), {"createToken": GrantDialect()})
    directory = directory or SampleDirectory()
    mounts = Mounts([mounted], directory)
    edge = Edge(mounts.problems, mounts.routing, mounts.security, mounts.operations())
    return assemble(edge, directory, seed=7)
