"""Calls to the marketplace, a line each, for a terminal or a report."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sandbox_server.commands.operator import Styled

STYLES = {
    "ANSWERED": "green",
    "REFUSED": "yellow",
    "VIOLATION": "red",
    "UNAUTHENTICATED": "red",
    "THROTTLED": "cyan",
    "FAULT": "magenta",
    "UNMATCHED": "bold yellow",
    "ABANDONED": "dim",
    "BUG": "bold red",
}


class Column(NamedTuple):
    """
    A column of a line.

    Args:
        head: What stands above it.
        width: Signs that it has at the least; negative where it stands to the right.
    """

    head: str
    width: int


COLUMNS = (
    Column("call", -5),
    Column("time", 12),
    Column("method", 6),
    Column("status", 6),
    Column("ms", -8),
    Column("verdict", 15),
    Column("operation", 20),
    Column("path", 0),
)


def heads() -> str:
    """Return the line above all others."""
    return "  ".join(_padded(column.head, column) for column in COLUMNS).rstrip()


def line(call: Mapping[str, Any]) -> list[Styled]:
    """
    Return a call's line, in its parts.

    Args:
        call: As the journal lists it.
    """
    cells = (
        str(call["number"]),
        call["receivedAt"][11:23],
        call["method"],
        str(call.get("status", "none")),
        f"{call['durationMs']:.1f}",
        call["verdict"].lower(),
        call.get("operationId", "-"),
        call["path"],
    )
    colour = STYLES.get(call["verdict"], "")
    coloured = {"status", "verdict"}
    parts = [
        Styled(f"{_padded(cell, column)}  ", colour if column.head in coloured else "")
        for cell, column in zip(cells, COLUMNS, strict=True)
    ]
    if "fault" in call:
        parts.append(Styled(f"[{call['fault']}] ", "magenta"))
    if call.get("replayed"):
        parts.append(Styled("(replayed) ", "dim"))
    return parts


def plain(call: Mapping[str, Any]) -> str:
    """Return a call's line without colours."""
    return "".join(part.text for part in line(call)).rstrip()


def _padded(text: str, column: Column) -> str:
    return text.rjust(-column.width) if column.width < 0 else text.ljust(column.width)
