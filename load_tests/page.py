"""A load's report as one page that stands alone."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from load_tests.charts import Chart, Line, Mark
from sandbox_server import __version__
from sandbox_server.reporting.pages import environment


def pages() -> Environment:
    """Return where the pages of loads come from: those of all reports, and our own."""
    shared = environment()
    assert shared.loader is not None
    own = FileSystemLoader(Path(__file__).with_name("templates"))
    return shared.overlay(loader=ChoiceLoader([own, shared.loader]))


def page_of(report: Mapping[str, Any]) -> str:
    """Return a report as HTML."""
    return (
        pages()
        .get_template("load.html")
        .render(
            report=report,
            rows=[*report["operations"].items(), ("all", report["total"])],
            books_hold=all(one["holds"] for one in [*report["audits"], *report["books"]]),
            comparison=report.get("comparison"),
            charts_drawn=_charts(report),
            version=__version__,
        )
    )


def _charts(report: Mapping[str, Any]) -> list[Chart]:
    rows = report["seconds"]
    marks = [
        Mark(audit["second"], "good" if audit["holds"] else "bad", f"audit after {audit['second']:.0f} s")
        for audit in report["audits"]
    ]

    def chart(title: str, unit: str, *lines: Line) -> Chart:
        return Chart(title, unit, lines, len(rows), marks)

    return [
        chart("Rate", "calls a second", Line("answered", "first", _of(rows, "answered"))),
        chart(
            "Latency",
            "ms, from the intended start",
            Line("p50", "third", _latency(rows, "opened", "p50Ms")),
            Line("p95", "second", _latency(rows, "opened", "p95Ms")),
            Line("p99", "first", _latency(rows, "opened", "p99Ms")),
            Line("closed p99", "odd", _latency(rows, "closed", "p99Ms")),
        ),
        chart(
            "Trouble",
            "calls a second",
            Line("failed", "bad", _of(rows, "failed")),
            Line("throttled", "odd", _of(rows, "throttled")),
            Line("refused", "second", _of(rows, "refused")),
        ),
        chart("Backlog", "orders that no terminal has taken yet", Line("orders", "first", _of(rows, "backlog"))),
        chart("Stock", "lines reported a second", Line("lines", "third", _growth(_of(rows, "stockLines")))),
    ]


def _of(rows: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    return [float(row.get(name, 0)) for row in rows]


def _latency(rows: Sequence[Mapping[str, Any]], model: str, name: str) -> list[float]:
    return [float(row[model][name]) for row in rows]


def _growth(values: Sequence[float]) -> list[float]:
    return [max(0.0, after - before) for before, after in zip([0.0, *values], values, strict=False)]
