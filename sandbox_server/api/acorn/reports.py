"""Reports and their documents."""

from collections.abc import Mapping

from sandbox_server.api.acorn import intake
from sandbox_server.api.acorn import reports_wire as wire
from sandbox_server.api.acorn.replies import listing, one
from sandbox_server.api.operation import Call, Reply
from sandbox_server.domain.reports import ReportFormat
from sandbox_server.services import reports
from sandbox_server.services.ports import Transaction

_FILTERS = {"type": "type", "status": "status"}
_MEDIA_TYPES: Mapping[ReportFormat, str] = {ReportFormat.CSV: "text/csv", ReportFormat.JSON: "application/json"}


def list_reports(call: Call, tx: Transaction) -> Reply:
    """Answer GET /reports."""
    return listing(call, tx, tx.reports, wire.report, _FILTERS)


def request_report(call: Call, tx: Transaction) -> Reply:
    """Answer POST /reports."""
    report = reports.request(tx, intake.wanted_report(call.body))
    return one(report, wire.report, 201, f"/v1/reports/{report.report_id}")


def get_report(call: Call, tx: Transaction) -> Reply:
    """Answer GET /reports/{reportId}."""
    return one(reports.get(tx, call.parameters["reportId"]), wire.report)


def get_report_document(call: Call, tx: Transaction) -> Reply:
    """Answer GET /reports/{reportId}/document, in the format that the report was asked for in."""
    report = reports.get(tx, call.parameters["reportId"])
    return Reply(raw=reports.document(tx, report.report_id).content, media_type=_MEDIA_TYPES[report.format])
