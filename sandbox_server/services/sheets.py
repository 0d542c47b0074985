"""Documents of reports, in CSV and in JSON."""

import csv
from collections.abc import Sequence
from io import StringIO

import msgspec

from sandbox_server.domain.figures import COLUMNS, MONEY, Row, Value
from sandbox_server.domain.reports import Report, ReportFormat
from sandbox_server.kernel.money import Money


def write(report: Report, rows: Sequence[Row], currency: str) -> bytes:
    """Return the document of a report in the format that was asked for."""
    if report.format is ReportFormat.CSV:
        return _csv(COLUMNS[report.type], rows, currency)
    written = [{column: _member(value) for column, value in row.items()} for row in rows]
    return msgspec.json.encode({"type": report.type, "rows": written})


def _csv(columns: Sequence[str], rows: Sequence[Row], currency: str) -> bytes:
    """
    Return a table with a head; money is a bare amount, and where there is any, the last column says of which currency.

    Source: RFC 4180.
    """
    text = StringIO()
    more = {} if MONEY.isdisjoint(columns) else {"currency": currency}
    table = csv.DictWriter(text, (*columns, *more))
    table.writeheader()
    for row in rows:
        table.writerow({column: _cell(value) for column, value in row.items()} | more)
    return text.getvalue().encode()


def _cell(value: Value) -> str | int:
    return value.amount if isinstance(value, Money) else value


def _member(value: Value) -> object:
    return {"amount": value.amount, "currency": value.currency} if isinstance(value, Money) else value
