"""The console as an application of its own, which lies beside the operator's interface."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any, cast

from a2wsgi import WSGIMiddleware
from flask import Flask

from sandbox_server.api.bodies import read_bounded
from sandbox_server.api.problems import Problems, Tongue
from sandbox_server.api.refusals import NoSuchPath
from sandbox_server.asgi import ASGIApp, Message, Receive, Scope, Send, respond
from sandbox_server.certification.trials import Trials
from sandbox_server.console.pages.parcels import DrawLabel
from sandbox_server.console.reach import Reach
from sandbox_server.console.site import REACH, site
from sandbox_server.control.errors import Problems as OperatorProblems
from sandbox_server.control.gate import Gate
from sandbox_server.control.mount import ROOT
from sandbox_server.control.registry import Registry
from sandbox_server.middleware.transport import Clocks, Transport

_THREADS = 4
_OPERATORS = re.compile(rf"{ROOT}/v\d+(/|$)", re.IGNORECASE)


def console(
    registry: Registry,
    operator: ASGIApp,
    directory: Clocks,
    operator_token: str | None,
    trials: Trials,
    draw_label: DrawLabel,
    shared: str | None = None,
) -> ASGIApp:
    """
    Return what answers with pages below `/_sandbox`.

    Args:
        registry: Knows the tenants.
        operator: The operator's interface, which does whatever a page is asked to do.
        directory: Knows the default tenant.
        operator_token: What a person has to show; None lets in everybody whom the gate lets through.
        trials: The certifications.
        draw_label: Draws labels, as the marketplace that is served does.
        shared: What all processes know that serve these tenants, and nobody else; None where there is one process.
    """
    flask = site(operator_token, trials, draw_label, shared)
    pages = Gate(_Console(registry, operator, directory, flask, operator_token), guarded=operator_token is not None)
    return Problems(pages, [Tongue(ROOT, OperatorProblems(), {})])


class _Console:
    """Passes requests to threads."""

    def __init__(
        self, registry: Registry, operator: ASGIApp, directory: Clocks, pages: Flask, operator_token: str | None
    ) -> None:
        self._registry = registry
        self._operator = Transport(operator, directory, registry.seed)
        self._token = operator_token
        # Both sides spell out every kind of message, and each its own way.
        self._pages = cast(ASGIApp, WSGIMiddleware(cast(Any, pages), workers=_THREADS))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request to a thread, with what it needs to reach the sandbox."""
        if _OPERATORS.match(scope["path"]):
            raise NoSuchPath(scope["path"])  # who asks for a version that there is not is a program
        if not scope["query_string"].isascii():
            await respond(send, 400, [(b"content-type", b"text/plain")], b"A query is ASCII: encode what is not.\n")
            return
        # Read here, so that nobody who sends slowly holds a thread.
        body = await read_bounded(scope["state"]["headers"], receive)

        async def receive_all() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        loop, request_id = asyncio.get_running_loop(), scope["state"]["request_id"]
        reach = Reach(loop, self._registry, self._operator, self._token, request_id)
        environment: Mapping[str, Any] = {REACH: reach}
        await self._pages({**scope, **environment}, receive_all, send)
