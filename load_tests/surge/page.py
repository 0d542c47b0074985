"""A surge's report as one page that stands alone, and as files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from load_tests.charts import Chart, Line
from load_tests.page import pages
from load_tests.reports import table, write_files
from sandbox_server import __version__

_FIGURES = ("perMinute", "orders", "kept", "peakBacklog", "oversoldUnits", "staleLevels", "stockLevels")
_CURVES = {
    "backlog": ("Backlog", "orders that waited"),
    "stale": ("Stale stock", "levels whose last report was older than 15 minutes"),
    "oversold": ("Oversold", "units promised that no store had"),
}
_TIMES = ("acknowledgedVirtualSeconds", "acknowledgedSeconds", "shippedVirtualSeconds", "shippedSeconds")


def page_of(report: Mapping[str, Any]) -> str:
    """Return a report as HTML."""
    trials = sorted(report["trials"], key=lambda trial: trial["perMinute"])
    best = next((trial for trial in trials if trial["perMinute"] == report["sustainedPerMinute"]), None)
    worse = next((trial for trial in trials if trial["perMinute"] == report["fellBehindPerMinute"]), None)
    shown = [
        (f"At {trial['perMinute']:g} orders a minute, {what}", _charts(trial, tone))
        for trial, what, tone in ((best, "the most it sustained", "first"), (worse, "where it fell behind", "bad"))
        if trial is not None
    ]
    return (
        pages()
        .get_template("surge.html")
        .render(report=report, trials=trials, best=best, shown=shown, version=__version__)
    )


def _charts(trial: Mapping[str, Any], tone: str) -> list[Chart]:
    return [
        Chart(title, unit, [Line(name, tone, trial[name])], trial["seconds"]) for name, (title, unit) in _CURVES.items()
    ]


def write(report: Mapping[str, Any], folder: Path) -> list[Path]:
    """
    Write every form of a report into a folder and return the files.

    Raises:
        CannotRun: That cannot be written.
    """
    forms = {
        "surge.html": page_of(report),
        "surge.json": json.dumps(report, indent=2, ensure_ascii=False) + "\n",
        "trials.csv": _trials(report),
    }
    return write_files(folder, forms)


def _trials(report: Mapping[str, Any]) -> str:
    return table(
        [
            {name: trial[name] for name in _FIGURES}
            | {f"{times}_{part}": value for times in _TIMES for part, value in trial[times].items()}
            | {"throttled": sum(trial["throttled"].values()), "calls": sum(trial["calls"].values())}
            for trial in report["trials"]
        ]
    )
