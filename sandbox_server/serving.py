"""Running a sandbox on a socket: what `serve` does."""

import logging
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import click
import uvicorn
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBar

from sandbox_server.app import Progress, create_sandbox
from sandbox_server.asgi import ASGIApp
from sandbox_server.control.gate import is_loopback
from sandbox_server.hosting import configuration
from sandbox_server.persistence.log import VaultError
from sandbox_server.persistence.sqlite import archive, vault
from sandbox_server.persistence.sqlite.archive import JournalFile
from sandbox_server.persistence.sqlite.opening import forget
from sandbox_server.persistence.sqlite.vault import SqliteVault
from sandbox_server.settings import Settings
from sandbox_server.worlds import FixtureError

CLIENT_ID, CLIENT_SECRET, API_KEY = "acorn-sandbox", "acorn-secret", "acorn-key"
_GREETING = """\
The marketplace sandbox is running.

  Base URL       {url}/v1
  Documentation  {url}/docs
  Its console    {url}/_sandbox/
  Its powers     {url}/_sandbox/docs
  Client id      {client}
  Client secret  {secret}
  API key        {key}
  Its state      {whereabouts}

Three things to try, in another terminal:

  # get an access token
  curl -s {url}/v1/oauth/token -d grant_type=client_credentials -d client_id={client} -d client_secret={secret}

  # see orders that wait for a store to acknowledge them
  curl -s -H 'X-Api-Key: {key}' '{url}/v1/orders?status=NEW&limit=3'

  # report what a store has on its shelf
  curl -s -X PUT -H 'X-Api-Key: {key}' -H 'Content-Type: application/json' {url}/v1/inventory \\
    -d '{{"items": [{{"storeId": "S0001", "sku": "SKU-00001", "onHand": 25, "sequence": 1000000, \
"asOf": "2026-11-01T12:00:00Z"}}]}}'

Ctrl-C stops it."""
_BACKLOG = 2048
T = TypeVar("T")


def serve(settings: Settings) -> None:
    """
    Serve a sandbox until it is told to stop.

    Raises:
        click.ClickException: The address cannot be had, others can reach it and no operator's token guards it, or the
            fixture is not one.
    """
    logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    listener = _listen(settings.host, settings.port)
    url = f"http://{_in_url(settings.host)}:{listener.getsockname()[1]}"
    with listener:
        _refuse_open_doors(settings, listener.getsockname()[0])
        if settings.database is not None or settings.workers > 1:
            _serve_among_others(settings, listener, url)
        else:
            app = _shown(lambda show: _create(settings, show))
            with suppress(KeyboardInterrupt):
                _Server(configuration(app), url, _whereabouts(settings)).run(sockets=[listener])
        click.echo("Stopped.")


def _serve_among_others(settings: Settings, listener: socket.socket, url: str) -> None:
    _refuse_lonely_workers(settings)
    try:
        from sandbox_server.workers import joining, processes  # noqa: PLC0415 - psycopg need not be installed
    except ImportError as error:
        raise click.ClickException(
            f"--database needs the extra `postgres` ({error}): pip install 'acorn-sandbox[postgres]'."
        ) from error
    _shown(lambda show: joining.found(settings, show))
    config = configuration(processes.Factory(settings), factory=True, workers=settings.workers)
    workers = processes.Workers(config, [listener], lambda: _greet(url, joining.whereabouts(settings)))
    workers.run()
    if workers.failed:
        raise SystemExit(1)


def _refuse_lonely_workers(settings: Settings) -> None:
    if settings.database is None:
        raise click.ClickException(
            f"--workers {settings.workers} needs --database: workers share what they keep, and a data directory or "
            "memory is one process's own. Name a PostgreSQL, or stay with --workers 1."
        )
    if settings.ephemeral or settings.fresh:
        flag = "--ephemeral" if settings.ephemeral else "--fresh"
        raise click.ClickException(
            f"{flag} does not go with --database, which others may use as well. Name an empty database to begin anew."
        )


def _greet(url: str, whereabouts: str) -> None:
    click.echo(greeting(url, whereabouts))
    sys.stdout.flush()


class _Server(uvicorn.Server):
    """A server that says so when it can be called."""

    def __init__(self, config: uvicorn.Config, url: str, whereabouts: str) -> None:
        super().__init__(config)
        self._url = url
        self._whereabouts = whereabouts

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _greet(self._url, self._whereabouts)


def greeting(url: str, whereabouts: str) -> str:
    """
    Return what a start prints: where the sandbox is, who may call it, and three things to try.

    Args:
        whereabouts: Where its state is kept.
    """
    return _GREETING.format(url=url, client=CLIENT_ID, secret=CLIENT_SECRET, key=API_KEY, whereabouts=whereabouts)


def _whereabouts(settings: Settings) -> str:
    return "in memory; it is gone when the sandbox stops" if settings.ephemeral else str(settings.data_dir / vault.FILE)


def _create(settings: Settings, show: Progress) -> ASGIApp:
    if settings.ephemeral:
        return create_sandbox(settings, show)
    folder = settings.data_dir
    if settings.fresh:
        forget(folder / vault.FILE)  # which is refused while another sandbox has it
        forget(folder / archive.FILE)
    return create_sandbox(settings, show, vault=SqliteVault(folder), archives=JournalFile(folder))


def _shown(work: Callable[[Progress], T]) -> T:
    """Do long work, and show how far it is."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with ProgressBar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("World", total=None)

        def show(phase: str, done: int, total: int) -> None:
            bar.update(task, description=phase, completed=done, total=total)

        try:
            return work(show)
        except (FixtureError, VaultError) as error:
            raise click.ClickException(str(error)) from error


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "that is no host's name"
        raise click.ClickException(f"There is no address {host}: {reason}. Try --host 127.0.0.1.") from error
    listener = socket.socket(family, kind, proto)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise click.ClickException(
            f"Cannot listen on {host}:{port}: {error.strerror}. Choose another port with --port; 0 takes a free one."
        ) from error
    listener.listen(_BACKLOG)
    return listener


def _refuse_open_doors(settings: Settings, address: str) -> None:
    """Refuse to let everybody who can reach the server be its operator."""
    if not settings.operator_token and not is_loopback(address):
        raise click.ClickException(
            f"Others than this machine can reach {address}, and whoever reaches /_sandbox there could do anything with "
            "this sandbox. Say who may with --operator-token (or SANDBOX_OPERATOR_TOKEN), or stay with "
            "--host 127.0.0.1."
        )


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
