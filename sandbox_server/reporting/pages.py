"""Pages that stand alone: no script, no style and no picture from elsewhere."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from sandbox_server import __version__
from sandbox_server.reporting.findings import Report


@cache
def environment() -> Environment:
    """Return where pages come from: everything is escaped, and a name that nobody gave is an error."""
    loader = PackageLoader("sandbox_server.reporting")
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def page_of(report: Report) -> str:
    """Return a report as one page of HTML."""
    return environment().get_template("report.html").render(report=report, groups=report.groups, version=__version__)
