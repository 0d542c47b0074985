"""The layer in which calls go wrong, when a rule of their tenant says so, or they ask for it themselves."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson
from connexion.middleware.abstract import ROUTING_CONTEXT

from sandbox_server.asgi import ASGIApp, Layer, Receive, Scope, Send
from sandbox_server.middleware.faults.registry import EFFECTS
from sandbox_server.middleware.faults.stage import Request, Stage, Unanswered, Wording
from sandbox_server.middleware.owners import Directory, owner_of
from sandbox_server.traffic.faults import Chosen, Facts, FaultRules, Rule

HEADER = b"x-sandbox-fault"

ReadHeader = Callable[[str, Facts], Mapping[str, Any]]
"""Returns the effect that a header asks for, and refuses one that is none."""


class Faults:
    """
    Lets calls go wrong. A tenant without rules pays for one look at them.

    Args:
        app: The operations.
        directory: Knows whose a call is that nobody had to be known for, such as one for a token.
        problems: Answers what an operation refuses, so that a fault may play on that answer, too.
        wording: How the contract says that something went wrong.
        read_header: Reads `X-Sandbox-Fault`; None where calls may not ask for faults themselves.
    """

    def __init__(
        self,
        app: ASGIApp,
        directory: Directory,
        problems: Layer,
        wording: Wording,
        read_header: ReadHeader | None = None,
    ) -> None:
        self._app = app
        self._directory = directory
        self._answering = problems(app)
        self._wording = wording
        self._read_header = read_header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, or let a fault play in it."""
        state = scope["state"]
        if state["caller"] is not None:
            rules: FaultRules = state["tenant"].power(FaultRules)
            if not rules and (HEADER not in state["headers"] or self._read_header is None):
                await self._app(scope, receive, send)
                return
        request = Request(receive)
        tenant, credential = await self._owner(scope, request)
        rules = tenant.power(FaultRules)
        facts = await _facts(scope, request, credential, rules)
        if not rules and HEADER not in facts.headers:
            await self._app(scope, request.receive, send)
            return
        with tenant.altering(FaultRules):
            chosen = self._asked(facts, rules) or rules.choose(facts, lambda rule: _suits(rule, facts))
        if chosen is None:
            await self._app(scope, request.receive, send)
            return
        await self._play(Stage(self._answering, scope, request, send, chosen, facts, tenant, self._wording))

    async def _owner(self, scope: Scope, request: Request) -> tuple[Any, str | None]:
        """Return whose rules are asked, and the client id of the caller, if one can tell."""
        state = scope["state"]
        if state["caller"] is not None:
            return state["tenant"], state["caller"].credential.client_id
        body = await request.body() if scope["method"] == "POST" else b""
        owner = owner_of(self._directory, state["headers"], body)
        return owner.tenant or state["tenant"], owner.client_id

    def _asked(self, facts: Facts, rules: FaultRules) -> Chosen | None:
        """Return what the call asks for itself; the rules still count it."""
        value = facts.headers.get(HEADER)
        if value is None or self._read_header is None:
            return None
        effect = self._read_header(value.decode("latin-1"), facts)
        rules.count(facts, lambda rule: _suits(rule, facts))
        return rules.grant(effect)

    async def _play(self, stage: Stage) -> None:
        rule = stage.chosen.rule
        notes = stage.scope["state"].get("notes")
        if notes is not None:
            notes["fault"] = (rule.id, rule.effect_name)
            await stage.request.body()  # the journal is to have it, though the operation may never be asked
        try:
            await EFFECTS[rule.effect_name].play(rule.given, stage)
        except Unanswered:
            return


def _suits(rule: Rule, facts: Facts) -> bool:
    return EFFECTS[rule.effect_name].suits(rule.given, facts)


async def _facts(scope: Scope, request: Request, credential: str | None, rules: FaultRules) -> Facts:
    operation: str = scope["extensions"][ROUTING_CONTEXT]["operation_id"]
    stores = await _stores(scope, request) if rules.asks_for_stores(operation) else frozenset[str]()
    state = scope["state"]
    return Facts(operation, credential, state["headers"], stores, is_known=state["caller"] is not None)


async def _stores(scope: Scope, request: Request) -> frozenset[str]:
    """Return the stores that a call is about: by its path, its query, and every `storeId` in its body."""
    found = {value for name, value in scope.get("path_params", {}).items() if name == "storeId"}
    found.update(parse_qs(scope["query_string"].decode("latin-1")).get("storeId", ()))
    if b"json" in scope["state"]["headers"].get(b"content-type", b""):
        try:
            left: list[Any] = [orjson.loads(await request.body())]
        except orjson.JSONDecodeError:
            left = []
        while left:
            node = left.pop()
            if isinstance(node, dict):
                found |= {node["storeId"]} if isinstance(node.get("storeId"), str) else set()
                left += node.values()
            elif isinstance(node, list):
                left += node
    return frozenset(found)
