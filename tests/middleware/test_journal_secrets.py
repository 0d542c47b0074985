"""The whole marketplace with canaries for secrets: whatever a client sends where, none is in the journal."""

import asyncio
from base64 import b64encode
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import orjson
import pytest

from sandbox_server.api.acorn.errors import Problems, TokenProblems
from sandbox_server.api.acorn.operations import operations
from sandbox_server.api.closed import candid_operations
from sandbox_server.api.contract import Contract
from sandbox_server.api.mount import Mounted, Mounts
from sandbox_server.asgi import ASGIApp, Message, RawHeaders
from sandbox_server.kernel.clock import FrozenClock
from sandbox_server.middleware.journal import Recorder
from sandbox_server.middleware.stack import Edge, Powers, assemble
from sandbox_server.persistence.memory import MemoryPersistence
from sandbox_server.resources import contract_path
from sandbox_server.services.access import Directory
from sandbox_server.services.journal import Journal
from sandbox_server.services.metrics import Metrics
from sandbox_server.services.tenants import Tenant
from sandbox_server.traffic.credentials import ALL_SCOPES, Credential
from sandbox_server.traffic.credentials import digest as kept_for
from sandbox_server.traffic.journal import Verdict, verdict_of

NOW = datetime(2026, 11, 27, 15, tzinfo=UTC)
CONTRACT = Contract(contract_path("marketplace.yaml").read_bytes())
SECRET, KEY, WRONG = "canary-secret-1", "canary-key-2", "canary-wrong-3"
JSON, FORM = (b"content-type", b"application/json"), (b"content-type", b"application/x-www-form-urlencoded")


class Market:
    """The marketplace with a journal, and what its clients were told that they must keep to themselves."""

    def __init__(self) -> None:
        world = MemoryPersistence(1, "USD")
        with world.begin("seed", NOW) as tx:
            tx.credentials.put(Credential("shop", kept_for(SECRET), kept_for(KEY), ALL_SCOPES))
        tenant = Tenant("default", world, FrozenClock(NOW))
        self.journal = Journal("default", candid=candid_operations(CONTRACT))
        tenant.equip(self.journal)
        directory: Any = Directory([tenant])
        oauth = TokenProblems()
        dialects = {"createToken": oauth, "revokeToken": oauth}
        mounted = Mounted(CONTRACT, operations(CONTRACT, directory, "world"), Problems(), dialects)
        mounts = Mounts([mounted], directory)
        edge = Edge(mounts.problems, mounts.routing, mounts.security, mounts.operations())
        recorder = Powers(journal=lambda app: Recorder(app, directory, Metrics()))
        self.app: ASGIApp = assemble(edge, directory, 1, recorder)
        self.secrets = {SECRET, KEY, WRONG}

    def call(self, method: str, target: str, headers: RawHeaders, body: bytes = b"") -> Any:
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        async def send(message: Message) -> None:
            sent.append(message)

        async def run() -> None:
            path, _, query = target.partition("?")
            lines = [*headers, (b"content-length", b"%d" % len(body))] if body else headers
            scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "headers": lines}
            await self.app({**scope, "query_string": query.encode(), "http_version": "1.1"}, receive, send)

        asyncio.run(run())
        content = orjson.loads(sent[1]["body"] or b"null")
        for name in ("access_token", "refresh_token"):
            if content and name in content:
                self.secrets.add(content[name])
        return content

    def bytes_kept(self) -> bytes:
        return b"\n".join(
            chain.from_iterable((one.content, one.request, one.response) for one in self.journal.entries())
        )


@pytest.fixture(scope="module")
def market() -> Market:
    market = Market()
    asked = {"grant_type": "client_credentials", "client_id": "shop", "client_secret": SECRET}
    form = "&".join(f"{name}={value}" for name, value in asked.items())
    basic = (b"authorization", b"Basic " + b64encode(f"shop:{SECRET}".encode()))
    tokens = market.call("POST", "/v1/oauth/token", [JSON], orjson.dumps(asked))
    market.call("POST", "/v1/oauth/token", [FORM], form.encode())
    market.call("POST", "/v1/oauth/token", [FORM, basic], b"grant_type=client_credentials")
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    renewed = market.call("POST", "/v1/oauth/token", [JSON, basic], orjson.dumps(refresh))
    bearer = (b"authorization", b"Bearer " + renewed["access_token"].encode())
    market.call("GET", "/v1/orders", [bearer])
    market.call("GET", "/v1/orders", [(b"x-api-key", KEY.encode())])
    market.call("GET", f"/v1/orders?api_key={KEY}", [])
    market.call("GET", f"/v1/orders?access_token={renewed['access_token']}", [bearer])
    market.call("GET", "/v1/orders", [(b"x-api-key", WRONG.encode())])
    market.call("GET", "/v1/orders", [(b"authorization", b"Bearer " + WRONG.encode())])
    market.call("GET", "/v1/orders", [(b"x-apikey", KEY.encode())])
    market.call("GET", f"/v1/orders/{KEY}", [(b"x-api-key", KEY.encode())])
    market.call("GET", "/v1/orders/ord_7zk3m0q2v9c4x8tp", [(b"x-api-key", KEY.encode())])
    market.call("GET", f"/v1/{KEY}", [(b"x-api-key", KEY.encode()), (b"referer", f"http://here/?token={KEY}".encode())])
    market.call("POST", "/v1/oauth/token", [JSON], orjson.dumps({**asked, "client_secret": WRONG}))
    market.call("POST", "/v1/oauth/token", [JSON], orjson.dumps(asked)[:-2])
    market.call("POST", "/v1/oauth/token", [(b"content-type", b"text/plain")], orjson.dumps(asked))
    market.call("POST", "/v1/oauth/token", [JSON, basic], orjson.dumps(asked))
    market.call("POST", "/oauth/token", [FORM], form.encode())
    market.call("PUT", "/v1/inventory", [JSON, bearer], orjson.dumps({"items": [], "apiKey": KEY}))
    market.call("POST", "/v1/oauth/revoke", [FORM, basic], b"token=" + renewed["access_token"].encode())
    market.call("GET", "/v1/orders", [bearer])
    return market


def test_no_secret_that_was_sent_or_given_out_is_in_any_entry(market: Market) -> None:
    kept = market.bytes_kept()
    assert len(market.secrets) >= 9, "six tokens beside the three"
    assert [secret for secret in market.secrets if secret.encode() in kept] == []
    assert b64encode(f"shop:{SECRET}".encode()) not in kept
    assert b"[redacted]" in kept


def test_what_is_no_secret_is_still_there(market: Market) -> None:
    first = market.journal.get(1)
    assert first is not None
    assert orjson.loads(first.request) == {
        "grant_type": "client_credentials",
        "client_id": "shop",
        "client_secret": "[redacted]",
    }
    assert {"token_type", "expires_in", "scope"} <= set(orjson.loads(first.response))
    assert first.entry.credential == "shop"


def test_every_call_is_there_with_what_became_of_it(market: Market) -> None:
    verdicts = {verdict_of(one.entry) for one in market.journal.entries()}
    assert verdicts == {
        Verdict.ANSWERED,
        Verdict.VIOLATION,
        Verdict.UNAUTHENTICATED,
        Verdict.REFUSED,
        Verdict.UNMATCHED,
    }
    assert market.journal.last == 22
    assert market.journal.verify().flaw is None


def test_the_tokens_that_were_given_out_are_changes_and_show_no_secret(market: Market) -> None:
    first = market.journal.get(1)
    assert first is not None
    assert [table for table, *_ in first.entry.changes] == ["tokens", "tokens"]
