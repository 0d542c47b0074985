"""Whatever goes wrong below becomes an answer here, in the words of the contract that was asked."""

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from connexion.middleware.abstract import ROUTING_CONTEXT

from sandbox_server.api.answers import unvalidated
from sandbox_server.api.operation import Dialect
from sandbox_server.api.refusals import ClientGone, Refusal
from sandbox_server.asgi import ASGIApp, Receive, Scope, Send, raw_headers, respond
from sandbox_server.domain.errors import DomainError

logger = logging.getLogger("sandbox.edge")


class Tongue(NamedTuple):
    """
    How one contract says no.

    Args:
        base_path: Where the contract is mounted.
        dialect: How it says no.
        exceptions: Operations that say it otherwise, as the OAuth ones do.
    """

    base_path: str
    dialect: Dialect
    exceptions: Mapping[str, Dialect]


class Problems:
    """
    Answers with a problem where nothing else answered.

    Args:
        app: What may raise.
        tongues: The mounted contracts; the first one speaks where the path is nobody's.
    """

    def __init__(self, app: ASGIApp, tongues: Sequence[Tongue]) -> None:
        self._app = app
        self._tongues = tongues

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer the exception that comes back, if one does."""
        try:
            await self._app(scope, receive, send)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - the last resort: a client gets an answer whatever breaks
            await self._answer(error, scope, send)

    async def _answer(self, error: Exception, scope: Scope, send: Send) -> None:
        request_id = scope["state"]["request_id"]
        if not isinstance(error, DomainError | Refusal):
            logger.error("request %s broke the server", request_id, exc_info=error)
        answer = unvalidated(self._dialect(scope).problem(error, request_id))
        headers = error.headers if isinstance(error, Refusal) else {}
        await respond(send, answer.status, answer.headers + raw_headers(headers.items()), answer.body)

    def _dialect(self, scope: Scope) -> Dialect:
        """Return how the operation says no, or, where there was none, the contract that the path belongs to."""
        operation_id = scope.get("extensions", {}).get(ROUTING_CONTEXT, {}).get("operation_id")
        below = [tongue for tongue in self._tongues if f"{scope['path']}/".startswith(f"{tongue.base_path}/")]
        tongue = below[0] if below else self._tongues[0]
        return tongue.exceptions.get(operation_id, tongue.dialect)
