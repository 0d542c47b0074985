"""Tables and colours for a terminal; as plain text where there is none."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sandbox_server.commands.operator import Cell, Styled

_WIDTH_OF_A_FILE = 10_000


def console() -> Console:
    """Return what prints to standard output; nothing is cut off because a file or a pipe has no width."""
    terminal = Console(highlight=False)
    return terminal if terminal.is_terminal else Console(highlight=False, width=_WIDTH_OF_A_FILE)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[Cell | Styled]]) -> None:
    """
    Print a table.

    Args:
        columns: Their heads; those of numbers begin with `#`, and stand to the right.
        rows: A cell for each column; None is left empty.
    """
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in columns:
        table.add_column(head.removeprefix("#"), justify="right" if head.startswith("#") else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_shown, row))
    console().print(table)


def printable(text: str) -> str:
    """Return a text without what would work a terminal."""
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text)


def _shown(cell: Cell | Styled) -> Text:
    if isinstance(cell, Styled):
        return Text(printable(cell.text), cell.style)
    return Text("" if cell is None else printable(str(cell)))
