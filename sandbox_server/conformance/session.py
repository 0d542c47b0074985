"""A server under judgement, from the first look at it to the last call."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from sandbox_server.conformance import generated
from sandbox_server.conformance.calls import Described
from sandbox_server.conformance.document import Document
from sandbox_server.conformance.errors import Misconfigured, Unavailable
from sandbox_server.conformance.record import Record
from sandbox_server.conformance.stage import Stage, Stopped
from sandbox_server.conformance.suites import PROBES
from sandbox_server.conformance.target import Access, Target, find
from sandbox_server.remote import SandboxError
from sandbox_server.reporting.findings import Finding, Side
from sandbox_server.resources import contract_path

Progress = Callable[[str, int], None]
"""Told what is being played, and how many calls there have been."""
_PATIENCE_SECONDS = 60.0
_LONGEST = 400
_MISSHAPEN = (LookupError, TypeError, ValueError, AttributeError, StopIteration)
"""What reading an answer comes to that has not the form that the contract gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """
    What is to be judged, and how.

    Args:
        access: What is shown; nothing where a sandbox may make a tenant for the run.
        contract: The document; the marketplace's own when left out.
        seed: What all that is made up follows from.
    """

    base_url: str
    access: Access = field(default_factory=Access)
    operator_token: str | None = None
    seed: int = 1
    contract: Path | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A server that has been found fit to be judged, and what has been seen of it so far."""

    assignment: Assignment
    document: Document
    target: Target
    record: Record
    progress: Progress
    _http: httpx.Client
    _described: Described
    changes: Mapping[str, Any] = field(default_factory=dict)

    def play(self, name: str) -> Sequence[Finding]:
        """Play a probe, and return what it finds; what goes wrong in one leaves the others alone."""
        before = len(self.record.findings)
        self.progress(name, len(self.record.exchanges))
        try:
            PROBES[name](Stage(self._described, self.document, self.target, self.record, self._http, name))
        except Stopped:
            pass  # what stopped it has been told
        except Unavailable as lack:
            self.record.lacking.setdefault(name, str(lack))
        except (httpx.HTTPError, SandboxError) as error:
            self._broken(name, f"The server did not answer: {type(error).__name__} {error}.")
        except _MISSHAPEN as error:
            what = f"{type(error).__name__}: {error}"
            self._broken(name, f"An answer has not the form that the contract gives it ({what}).")
        return self.record.findings[before:]

    @property
    def is_shut(self) -> bool:
        """Whether nothing has been opened by the credential so far, though it has been shown."""
        asked = [one.operation_id for one in self.document.operations.values() if one.is_protected]
        statuses = [status for name in asked for status in self.record.seen.get(name, ())]
        return bool(statuses) and not any(status.startswith("2") for status in statuses)

    def make_up(
        self, phases: Collection[str], examples: int = 10, operations: Collection[str] = ()
    ) -> Sequence[Finding]:
        """Let Schemathesis make calls up, of these operations or of all, and return what they find."""
        before = len(self.record.findings)
        schema = generated.schema_of(
            self.document, self.target, self.assignment.seed, phases, examples, self.changes, operations
        )
        generated.play(schema, self.document, self.record, self.progress)
        return self.record.findings[before:]

    def of_the_operator(self) -> "Session":
        """
        Return the session for the operator's own interface; what is made up for it works on the run's own tenant.

        Raises:
            Misconfigured: The server has no such interface, or the tenant is somebody's.
        """
        operator = self.target.operator
        if operator is None or not self.target.is_own:
            raise Misconfigured("The suite control takes a sandbox that makes a tenant for it: name no credentials.")
        token = self.assignment.operator_token
        changes = {
            "parameters": {"tenant": operator.name},
            "auth": {"openapi": {"operator": {"bearer": token}}} if token else {},
            "generation": {"database": "none", "max-examples": 3, "with-security-parameters": False},
            "operations": [
                # The others would find nothing any more.
                {"include-operation-id": "deleteTenant", "enabled": False},
                # Some members exclude each other, which a schema of OpenAPI 3.0 can say, but badly.
                {
                    "include-path-regex": ".*",
                    "checks": {
                        "positive_data_acceptance": {"enabled": False},
                        "missing_required_header": {"enabled": False},
                    },
                },
            ],
        }
        document = Document(contract_path("control.yaml"))
        target = Target(operator.base_url, Access(), operator)
        return replace(self, document=document, target=target, changes=changes)

    def _broken(self, check: str, message: str) -> None:
        self.record.complain([Finding(check=check, message=message[:_LONGEST], side=Side.RUN)])


@contextmanager
def session(assignment: Assignment, progress: Progress = lambda *_: None) -> Iterator[Session]:
    """
    Look at a server, and judge it until the block ends; what was made for that is then taken away.

    Raises:
        Misconfigured: It cannot begin.
    """
    document = Document(assignment.contract or contract_path("marketplace.yaml"))
    target = find(assignment.base_url, assignment.access, assignment.operator_token)
    try:
        described = generated.described(document, target, assignment.seed)
        with httpx.Client(timeout=_PATIENCE_SECONDS, trust_env=False) as http:
            yield Session(assignment, document, target, Record(), progress, http, described)
    finally:
        if target.is_own and target.operator:
            target.operator.delete()
