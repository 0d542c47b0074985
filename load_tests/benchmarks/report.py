"""What a measurement comes to: a table for people, facts for programs, and the promises it broke."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table


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
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    facts: dict[str, Any]
    broken: Sequence[str] = field(default_factory=list)


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


def write(sections: Sequence[Section], path: Path) -> None:
    """Write the facts of all sections as one JSON object."""
    facts = {section.name: {**section.facts, "broken": list(section.broken)} for section in sections}
    path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
