"""What Schemathesis finds, as a finding of ours."""

from dataclasses import replace
from typing import Any

from schemathesis.core.failures import Failure
from schemathesis.openapi.checks import JsonSchemaError, MissingHeaders, UndefinedContentType, UndefinedStatusCode

from sandbox_server.conformance.document import Operation
from sandbox_server.reporting.exchanges import Exchange
from sandbox_server.reporting.findings import Finding, Side

_LONGEST = 400


class Breach(Failure):
    """A finding of one of our own checks, on its way through Schemathesis."""

    __slots__ = ("finding",)

    def __init__(self, finding: Finding) -> None:
        super().__init__(operation=finding.operation, title=finding.check, message=finding.message)
        self.finding = finding

    @property
    def _unique_key(self) -> str:
        return f"{self.finding.check} {self.finding.where}"


def finding_of(
    failure: BaseException, operation: Operation | None, exchanges: tuple[Exchange, ...], check: str = ""
) -> Finding:
    """
    Return a failure as reports show it.

    Args:
        exchanges: The calls that show it; the last one is the one at fault.
        check: The check that failed, where the failure does not say it.
    """
    if isinstance(failure, Breach):
        found = failure.finding
    elif isinstance(failure, Failure):
        name = check or next(iter(failure.checks), failure.title)
        found = Finding(check=name, message=_sentence(failure), **_particulars(failure))
    else:
        found = Finding(check=check or type(failure).__name__, message=str(failure)[:_LONGEST], side=Side.RUN)
    return replace(
        found,
        operation=operation.operation_id if operation else "",
        exchanges=exchanges,
        number=exchanges[-1].number if exchanges else None,
    )


def _sentence(failure: Failure) -> str:
    lines = [line.strip() for line in failure.message.splitlines() if line.strip()]
    return f"{failure.title}: {' '.join(lines[:2])}"[:_LONGEST] if lines else failure.title


def _particulars(failure: Failure) -> dict[str, Any]:
    if isinstance(failure, JsonSchemaError):
        where = "".join(f"/{part}" for part in failure.instance_path)
        schema = "/".join(map(str, failure.schema_path))
        return {"where": where, "expected": f"schema {schema}"[:_LONGEST], "seen": repr(failure.instance)[:_LONGEST]}
    if isinstance(failure, UndefinedStatusCode):
        return {"expected": ", ".join(failure.defined_status_codes), "seen": str(failure.status_code)}
    if isinstance(failure, UndefinedContentType):
        return {"expected": ", ".join(failure.defined_content_types), "seen": failure.content_type}
    if isinstance(failure, MissingHeaders):
        return {"where": f"header {', '.join(failure.missing_headers)}"}
    return {}
