"""What a measurement comes to: a table for people, facts for programs, and the promises it broke."""

import json
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True)
class Section:
    """
    One measurement.

    Args:
        name: Its name among the facts.
        title: What the table shows.
        columns: The table's heads; the first one is of words, the others of numbers.
        rows: The table.
        facts: The same, and more, as JSON.
        broken: Promises that were not kept, in words.
        interrupted: Whether Ctrl-C ended it before it was whole.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    facts: dict[str, Any]
    broken: Sequence[str] = field(default_factory=list)
    interrupted: bool = False


def show(section: Section, console: Console) -> None:
    """Print the table, and under it what was promised otherwise."""
    table = Table(title=section.title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)  # fits 80 columns
    for number, column in enumerate(section.columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    for row in section.rows:
        table.add_row(*row)
    console.print(table)
    for promise in section.broken:
        console.print(f"[red]Broken promise:[/red] {promise}")
    if section.interrupted:
        console.print("[red]It was stopped before it was whole.[/red]")


def write(sections: Sequence[Section], path: Path) -> None:
    """Write the facts of all sections as one JSON object."""
    facts = {section.name: {**section.facts, "broken": list(section.broken)} for section in sections}
    path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def write_markdown(sections: Sequence[Section], command: str, path: Path) -> None:
    """Write the tables of all sections as Markdown, under the command that made them and what it ran on."""
    machine = f"{os.cpu_count()} processors, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"
    path.write_text("\n".join([f"`{command}`: {machine}.", *map(_in_markdown, sections)]), encoding="utf-8")


def _in_markdown(section: Section) -> str:
    rule = ["---", *["---:"] * (len(section.columns) - 1)]
    lines = ["", f"**{section.title}**", "", *map(_line, (section.columns, rule)), *_body(section)]
    lines += ["", *(f"- Broken promise: {promise}" for promise in section.broken)] if section.broken else []
    return "\n".join([*lines, ""])


def _body(section: Section) -> Iterator[str]:
    for first, *others in section.rows:
        words = Text.from_markup(first.strip())
        yield _line((f"**{words.plain}**" if words.spans else words.plain, *others))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
