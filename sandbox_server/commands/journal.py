"""`journal`: every call to a tenant, as it comes or afterwards."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import click

from sandbox_server.commands import calls
from sandbox_server.commands.operator import Operator, every_page, operated

_POLL_SECONDS = 0.25
_PAGE = 100
_FURTHER = 10
_pause = partial(Event().wait, _POLL_SECONDS)
_VERDICTS = tuple(verdict.lower() for verdict in calls.STYLES)
_FILTERS = (
    click.option("--operation", help="Only calls of this operation."),
    click.option("--status", type=click.IntRange(100, 599), help="Only calls that were answered so."),
    click.option("--verdict", type=click.Choice(_VERDICTS, case_sensitive=False), help="Only calls that ended so."),
    click.option("--store", "storeId", help="Only calls about this store."),
    click.option("--order", "orderId", help="Only calls about this order."),
    click.option("--fault", help="Only calls that this rule played in."),
    click.option("--request-id", "requestId", help="Only calls with this X-Request-Id."),
)
Filters = Mapping[str, str | int | None]


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that narrow the journal."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@click.group()
def journal() -> None:
    """Every call to the marketplace: follow, explain, verify and export."""


@journal.command()
@click.option("--follow/--no-follow", default=True, show_default=True, help="Go on until Ctrl-C.")
@click.option("-n", "--lines", type=click.IntRange(0), default=20, show_default=True, help="How many calls back.")
@filtered
@operated
def tail(operator: Operator, /, follow: bool, lines: int, **filters: Any) -> None:
    """Show the latest calls, then each as it comes; Ctrl-C ends it."""
    query = {**filters, "verdict": filters["verdict"] and filters["verdict"].upper()}
    try:
        found, reader = latest(operator, query, lines)
        show = _as_json if operator.as_json else _printer()
        for call in found:
            show(call)
        while follow:
            _pause()
            for call in reader.more():
                show(call)
    except KeyboardInterrupt:
        click.echo(err=True)


@journal.command()
@click.argument("number", type=click.IntRange(1))
@operated
def show(operator: Operator, number: int) -> None:
    """Show one call in full: what was sent, what was answered, and what it changed."""
    answer = operator.own("GET", f"/journal/{number}")
    operator.tell(answer, *_in_full(answer))


@journal.command()
@operated
def unmatched(operator: Operator) -> None:
    """Explain calls that found no operation: the nearest one, and how to mend them."""
    answer = every_page(operator, operator.path("/journal/unmatched"))

    def row(one: Any) -> tuple[int, str, str, str]:
        return one["number"], f"{one['method']} {one['path']}", one["explanation"], one.get("remedy", "")

    operator.table(answer, ("#call", "sent", "what is wrong", "instead"), row, "Every call has found its operation.")


@journal.command()
@operated
def verify(operator: Operator) -> None:
    """Hold every call against the chain of hashes; exit with 1 where one does not fit."""
    answer = operator.own("POST", "/journal/verify")
    verdict = "The chain is whole" if answer["whole"] else f"Call {answer['brokenAt']} does not fit: {answer['reason']}"
    operator.tell(answer, f"{verdict.rstrip('.')}: {answer['entries']} calls.")
    if not answer["whole"]:
        raise click.exceptions.Exit(1)


@journal.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(["har", "ndjson"]), help="The file's form. [default: by its name, or har]"
)
@operated
def export(operator: Operator, file: Path, form: str | None) -> None:
    """Write every call into FILE: as HAR, for a browser's network panel, or a line of JSON each."""
    chosen = form or ("ndjson" if file.suffix in {".ndjson", ".jsonl"} else "har")
    operator.save("/journal/export", file, {"format": chosen})


class Reader:
    """
    Reads a journal on from a call.

    Args:
        filters: Which calls are wanted.
        after: The number of the last call that is not.
    """

    def __init__(self, operator: Operator, filters: Filters, after: int) -> None:
        self._operator = operator
        self._filters = filters
        self._after = after

    def more(self) -> Iterator[Any]:
        """Yield the calls that have come since."""
        cursor: str | None = None
        while True:
            query = {**self._filters, "after": self._after, "limit": _PAGE, "cursor": cursor}
            page = self._operator.own("GET", "/journal", query=query)
            yield from page["items"]
            cursor = page.get("nextCursor")
            if cursor is None:
                self._after = page["last"]
                return


def latest(operator: Operator, filters: Filters, lines: int) -> tuple[list[Any], Reader]:
    """Return the last calls that are wanted, looking further and further back for them, and what reads on."""
    newest = operator.own("GET", "/journal", query={"limit": 1})["last"]
    reach = lines
    while True:
        reader = Reader(operator, filters, max(0, newest - reach))
        found = list(reader.more())
        if len(found) >= lines or reach >= newest:
            return found[-lines:] if lines else [], reader
        reach *= _FURTHER


def _printer() -> Callable[[Any], None]:
    from rich.text import Text  # noqa: PLC0415 - what draws takes longer to load than a help text

    from sandbox_server.commands.screen import console, printable  # noqa: PLC0415

    screen = console()
    screen.print(Text(calls.heads(), "bold"), soft_wrap=True)

    def show(call: Any) -> None:
        parts = [(printable(part.text), part.style) for part in calls.line(call)]
        screen.print(Text.assemble(*parts), soft_wrap=True)

    return show


def _as_json(call: Any) -> None:
    click.echo(json.dumps(call, ensure_ascii=False))


def _in_full(call: Any) -> list[str]:
    facts = {
        "request id": call["requestId"],
        "client": call.get("clientId"),
        "operation": call.get("operationId"),
        "fault": call.get("fault") and f"{call['fault']} ({call.get('effect')})",
        "outcome": call.get("outcome"),
        "idempotency key": call.get("idempotencyKey"),
    }
    errors = [("request", error) for error in call["requestErrors"]]
    errors += [("answer", error) for error in call["responseErrors"]]
    return [
        calls.plain(call),
        *(f"  {name}: {value}" for name, value in facts.items() if value),
        "",
        *_message(f"{call['method']} {call['path']}", call["request"]),
        "",
        *_message(f"{call.get('status', 'no answer')}", call["response"]),
        *(f"  against the contract, {side}: {error['message']}" for side, error in errors),
        *(f"  changed: {one['table']} {one['key']} {_change(one)}" for one in call["changes"]),
    ]


def _message(first: str, message: Any) -> list[str]:
    headers = [f"{header['name']}: {header['value']}" for header in message["headers"]]
    body = ["", message["body"]] if "body" in message else []
    return [first, *headers, *body]


def _change(change: Any) -> str:
    before, after = change.get("before"), change.get("after")
    texts = [json.dumps(one, ensure_ascii=False) for one in (before, after) if one is not None]
    return " -> ".join(texts)
