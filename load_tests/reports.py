"""A run's report: as data, as tables for a spreadsheet, and as a page."""

import csv
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from load_tests.errors import CannotRun
from load_tests.page import page_of

_KINDS = ("answered", "refused", "throttled", "failed")
_TIMES = ("p50Ms", "p95Ms", "p99Ms", "maxMs")


def write(report: Mapping[str, Any], folder: Path) -> list[Path]:
    """
    Write every form of a report into a folder and return the files.

    Raises:
        CannotRun: That cannot be written.
    """
    forms = {
        "report.html": page_of(report),
        "report.json": json.dumps(report, indent=2, ensure_ascii=False) + "\n",
        "operations.csv": table(_operations(report)),
        "seconds.csv": table(_seconds(report)),
    }
    return write_files(folder, forms)


def write_files(folder: Path, forms: Mapping[str, str]) -> list[Path]:
    """
    Write texts into a folder under their names and return the files.

    Raises:
        CannotRun: That cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in forms.items():
            (folder / name).write_text(text, "utf-8", newline="")
    except OSError as error:
        raise CannotRun(f"The reports cannot be written: {error}.") from error
    return [folder / name for name in forms]


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as CSV, under the names of the first one's members."""
    text = StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read(path: Path) -> dict[str, Any]:
    """
    Return a report that was written.

    Raises:
        CannotRun: It is none.
    """
    try:
        report = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CannotRun(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CannotRun(f"{path} is no report.json of a load.") from error
    if not isinstance(report, dict) or report.get("kind") != "load":
        raise CannotRun(f"{path} is no report.json of a load.")
    return report


def _operations(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"operation": operation, "calls": one["calls"], **{kind: one[kind] for kind in _KINDS}, **_columns(one)}
        for operation, one in [*report["operations"].items(), ("all", report["total"])]
    ]


def _seconds(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    flat = ("second", "calls", *_KINDS, "backlog", "stockLines", "webhooks")
    return [{**{name: row.get(name, 0) for name in flat}, **_columns(row)} for row in report["seconds"]]


def _columns(one: Mapping[str, Any]) -> dict[str, float]:
    return {f"{model}_{name}": one[model][name] for model in ("opened", "closed") for name in _TIMES}
