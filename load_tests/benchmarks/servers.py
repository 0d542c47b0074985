"""
What is compared, each served by uvicorn in the same way, one worker.

`python -m load_tests.benchmarks.servers sandbox FIXTURE [LEFT OUT]…`, `… durable FIXTURE FOLDER`,
`… workers FIXTURE DATABASE NUMBER`, `… bare FOLDER`, `… stock FOLDER`: prints its port when it listens, and its
processor time and its memory whenever a line comes in on standard input. The FOLDER of `bare` and `stock` holds answers
that the sandbox gave.
"""

import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import uvicorn

from load_tests.benchmarks.probe import resident_megabytes
from sandbox_server.api.contract import Contract
from sandbox_server.asgi import ASGIApp, Receive, Scope, Send
from sandbox_server.middleware.connection import Connection
from sandbox_server.resources import contract_path

ANSWERS = {"listOrders": "list.json", "reportInventory": "put.json"}
VALIDATION = "validation"
"""What the sandbox can be served without, beside its powers: holding bodies and answers against the contract."""


def sandbox(fixture: str, *without: str) -> ASGIApp:
    """Return the sandbox as `serve` runs it, but for some powers or validation, with no state on disk."""
    from sandbox_server.app import create_sandbox  # noqa: PLC0415 - the other servers should not load what it needs
    from sandbox_server.settings import Settings  # noqa: PLC0415

    if VALIDATION in without:
        _validate_nothing()
    # Large worlds are opened again for each of their tenants.
    cached = Settings().data_dir / "cache"
    return create_sandbox(Settings(fixture=fixture, ephemeral=True, cache_dir=cached), without=without)


class _AnythingGoes:
    """A schema that every value fits."""

    def is_valid(self, _instance: object) -> bool:
        return True


def _validate_nothing() -> None:
    from sandbox_server.api.schemas import Schemas  # noqa: PLC0415

    for name in ("of_request", "of_answer"):
        setattr(Schemas, name, lambda *_: _AnythingGoes())


def durable(fixture: str, folder: str) -> ASGIApp:
    """Return the sandbox as `serve` runs it, kept in a folder."""
    from sandbox_server.app import create_sandbox  # noqa: PLC0415
    from sandbox_server.persistence.sqlite.archive import JournalFile  # noqa: PLC0415
    from sandbox_server.persistence.sqlite.vault import SqliteVault  # noqa: PLC0415
    from sandbox_server.settings import Settings  # noqa: PLC0415

    kept = Path(folder)
    return create_sandbox(Settings(fixture=fixture), vault=SqliteVault(kept), archives=JournalFile(kept))


def bare(folder: str) -> ASGIApp:
    """Return the least that ASGI allows: constants, by method."""
    bodies = {
        "GET": (Path(folder) / ANSWERS["listOrders"]).read_bytes(),
        "PUT": (Path(folder) / ANSWERS["reportInventory"]).read_bytes(),
    }

    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        body = bodies[scope["method"]]
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


def stock(folder: str) -> ASGIApp:
    """Return Connexion as it comes, on the same two operations of the same contract, validating both ways."""
    import connexion  # noqa: PLC0415 - only this server needs all of it
    from connexion.resolver import Resolver  # noqa: PLC0415

    handlers = {name: _constant(json.loads((Path(folder) / file).read_bytes())) for name, file in ANSWERS.items()}
    app = connexion.AsyncApp("stock")
    app.add_api(
        only(set(handlers)),
        resolver=Resolver(handlers.__getitem__),
        strict_validation=True,
        validate_responses=True,
    )
    return cast(ASGIApp, app)


def know_key(api_key: str, required_scopes: list[str] | None = None) -> dict[str, str]:  # noqa: ARG001 - Connexion's
    """Let every API key in; stock Connexion finds this by its name."""
    return {"sub": api_key}


def _constant(content: Any) -> Callable[..., Awaitable[Any]]:
    async def handler(**_arguments: Any) -> Any:
        return content, 200, {"Content-Type": "application/json", "X-Request-Id": "req_bench"}

    return handler


def only(operation_ids: set[str]) -> dict[str, Any]:
    """Return the marketplace's contract with these operations alone."""
    document = deepcopy(Contract(contract_path("marketplace.yaml").read_bytes()).document)
    paths = document["paths"]
    for path in list(paths):
        for method in list(paths[path]):
            operation = paths[path][method]
            if isinstance(operation, dict) and operation.get("operationId") not in operation_ids:
                del paths[path][method]
        if not paths[path]:
            del paths[path]
    for scheme in document["components"]["securitySchemes"].values():
        if scheme["type"] == "apiKey":
            scheme["x-apikeyInfoFunc"] = f"{know_key.__module__}.{know_key.__name__}"
    return document


def _many(fixture: str, database: str, workers: str) -> None:
    """Serve the sandbox as `serve --workers` does, over a database; tell the port when it can be called."""
    from sandbox_server.hosting import configuration  # noqa: PLC0415
    from sandbox_server.settings import Settings  # noqa: PLC0415
    from sandbox_server.workers import joining, processes  # noqa: PLC0415

    settings = Settings(fixture=fixture, database=database, workers=int(workers))
    joining.found(settings, lambda *_: None)
    config = configuration(processes.Factory(settings), factory=True, workers=settings.workers)
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        port = listener.getsockname()[1]
        processes.Workers(config, [listener], lambda: print(port, flush=True)).run()


class _Server(uvicorn.Server):
    """A server that tells its port when it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        assert sockets
        print(sockets[0].getsockname()[1], flush=True)


def _tell_figures() -> None:
    for _ in sys.stdin:
        print(time.process_time(), resident_megabytes(), flush=True)
    os.kill(os.getpid(), signal.SIGTERM)  # whoever started it is gone


def main(kind: str, *arguments: str) -> None:
    """Serve until terminated."""
    logging.disable(logging.WARNING)
    if kind == "workers":
        _many(*arguments)
        return
    kinds: dict[str, Callable[..., ASGIApp]] = {"sandbox": sandbox, "durable": durable, "bare": bare, "stock": stock}
    app = kinds[kind](*arguments)
    config = uvicorn.Config(
        cast(Any, app),
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        proxy_headers=False,
        http=Connection,
        ws="none",
        lifespan="on" if kind in {"sandbox", "durable"} else "off",
    )
    threading.Thread(target=_tell_figures, daemon=True).start()
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        _Server(config).run(sockets=[listener])


if __name__ == "__main__":
    # By its own name, so that stock Connexion finds `know_key` in this module and not in a second one.
    from load_tests.benchmarks import servers

    servers.main(*sys.argv[1:])
