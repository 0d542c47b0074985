"""
Operations compiled once at start, in Connexion's own extension points.

Stock Connexion builds validators and decorators anew on every call. Here a `RoutedMiddleware` keeps, for each
operation, everything that follows from the contract; what is left for the call is decoding, validating, the handler.
"""

from collections.abc import Mapping
from functools import partial
from hashlib import blake2b
from typing import Any

import orjson
from connexion.middleware.abstract import RoutedAPI

from sandbox_server.api.answers import Answer, Answers, Fragments
from sandbox_server.api.bodies import Body
from sandbox_server.api.contract import Contract, Operation
from sandbox_server.api.negotiation import choose_media_type
from sandbox_server.api.operation import AnyHandler, Call, Handler, InRows, Reply, Standalone
from sandbox_server.api.parameters import Parameters
from sandbox_server.api.routing import Routed
from sandbox_server.api.schemas import Schemas
from sandbox_server.asgi import ASGIApp, Receive, Scope, Send, respond, respond_in_pieces
from sandbox_server.services import idempotency
from sandbox_server.services.anew import until_done
from sandbox_server.services.ports import Transaction

_KEY = "idempotency-key"
_NO_BODY = ("", b"")


class CompiledOperation:
    """One operation of a contract, ready to be called."""

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        handler: AnyHandler,
        schemas: Schemas,
        fragments: Fragments,
    ) -> None:
        self._operation_id = operation.operation_id
        self._handler = handler.answer if isinstance(handler, InRows) else handler
        self._parameters = Parameters(contract, operation, schemas)
        self._body = Body(contract, operation, schemas, in_rows=isinstance(handler, InRows))
        self._answers = Answers(contract, operation, schemas, fragments)
        self._reads_only = operation.method == "GET"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that was routed here, its caller known and allowed."""
        state = scope["state"]
        headers: Mapping[bytes, bytes] = state["headers"]
        accept = headers.get(b"accept", b"").decode("latin-1")
        media_type = choose_media_type(accept, self._answers.media_types)
        body_type, raw = _NO_BODY if self._body.is_absent(headers) else await self._body.read(headers, receive)
        call = Call(
            operation_id=self._operation_id,
            tenant=state["tenant"],
            caller=state["caller"],
            parameters=self._parameters.read(scope["path_params"], scope["query_string"]),
            headers=self._headers(headers),
            body=self._body.decode(body_type, raw),
            media_type=media_type,
            request_id=state["request_id"],
        )
        answer = await self._answer(call, scope["path"])
        if answer.pieces is None:
            await respond(send, answer.status, answer.headers, answer.body)
        else:
            await respond_in_pieces(send, answer.status, answer.headers, answer.pieces)

    def _headers(self, headers: Mapping[bytes, bytes]) -> Mapping[str, str]:
        read = self._parameters.read_headers(headers)
        if isinstance(self._handler, Standalone) and b"authorization" in headers:
            return {**read, "authorization": headers[b"authorization"].decode("latin-1")}
        return read

    async def _answer(self, call: Call, path: str) -> Answer:
        handler = self._handler
        if not isinstance(handler, Standalone):
            return until_done(partial(self._perform, handler, call, path))
        reply = handler.answer(call)
        return self._answers.render(reply if isinstance(reply, Reply) else await reply)

    def _perform(self, handler: Handler, call: Call, path: str) -> Answer:
        """Run the handler in a transaction; an answer that breaks the contract undoes it."""
        if self._reads_only:
            with call.tenant.read() as tx:
                return self._answers.render(handler(call, tx))
        with call.tenant.begin(call.request_id) as tx:
            if _KEY in call.headers and call.caller is not None:
                return self._perform_once(handler, call, tx, path)
            return self._answers.render(handler(call, tx))

    def _perform_once(self, handler: Handler, call: Call, tx: Transaction, path: str) -> Answer:
        """Give the first answer again when there is one; keep this one, with its effect, when it is the first."""
        assert call.caller is not None, "a key is heeded where the caller is known"
        client_id, key = call.caller.credential.client_id, call.headers[_KEY]
        print_ = fingerprint(call.operation_id, path, call.body)
        if replay := idempotency.recall(tx, client_id, key, print_):
            return _replayed(replay.status, replay.headers, replay.body)
        answer = self._answers.render(handler(call, tx))
        kept = {name.decode("latin-1"): value.decode("latin-1") for name, value in answer.headers}
        idempotency.remember(tx, client_id, key, print_, answer.status, kept, answer.body)
        return answer


def fingerprint(operation_id: str, path: str, body: Any) -> str:
    """Return what two requests share when they ask for the same thing, however their JSON is written."""
    canonical = orjson.dumps([operation_id, path, body], option=orjson.OPT_SORT_KEYS)
    return blake2b(canonical, digest_size=16).hexdigest()


def _replayed(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return Answer(status, [*lines, (b"idempotent-replayed", b"true")], body)


class _CompiledAPI(RoutedAPI):  # type: ignore[misc]  # Connexion ships no types
    """One contract's operations, compiled as Connexion registers them."""

    def __init__(
        self,
        specification: Any,
        *,
        next_app: ASGIApp,
        contract: Contract,
        handlers: Mapping[str, AnyHandler],
        **options: Any,
    ) -> None:
        super().__init__(specification, next_app=next_app, **options)
        self._handlers = handlers
        self._contract = contract
        self._schemas = Schemas(contract)
        self._fragments = Fragments(self._schemas)
        self._by_id = {operation.operation_id: operation for operation in contract.operations()}
        self.add_paths()

    def make_operation(self, operation: Any) -> CompiledOperation:
        """Return the operation compiled: Connexion calls this once for each."""
        operation_id = operation.operation_id
        handler, known = self._handlers[operation_id], self._by_id[operation_id]
        return CompiledOperation(self._contract, known, handler, self._schemas, self._fragments)


class CompiledOperations(Routed):
    """The innermost part of the server: hands each routed request to its compiled operation."""

    api_cls = _CompiledAPI
