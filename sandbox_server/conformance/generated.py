"""Calls that Schemathesis makes up from the contract: by example, by boundary, at random, and along links."""

import tomllib
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any

import schemathesis
from schemathesis import Config
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.generation.meta import CoveragePhaseData
from schemathesis.schemas import BaseSchema

from sandbox_server.conformance import hooks
from sandbox_server.conformance.calls import Described
from sandbox_server.conformance.document import Document
from sandbox_server.conformance.errors import Misconfigured
from sandbox_server.conformance.failures import finding_of
from sandbox_server.conformance.record import Record, exchange_of
from sandbox_server.conformance.target import Target
from sandbox_server.reporting.exchanges import Exchange
from sandbox_server.reporting.findings import Finding, Side
from sandbox_server.resources import contract_path

PHASES = ("examples", "coverage", "fuzzing", "stateful")
Progress = Callable[[str, int], None]


def schema_of(
    document: Document,
    target: Target,
    seed: int,
    phases: Collection[str] = (),
    examples: int = 1,
    changes: Mapping[str, Any] = MappingProxyType({}),
    operations: Collection[str] = (),
) -> BaseSchema:
    """
    Return the contract as Schemathesis reads it, with the settings that are shipped.

    Args:
        phases: Which of `PHASES` a run has.
        examples: How many calls are drawn for an operation in a phase that draws.
        changes: Settings that are other than those that are shipped, by their heads.
        operations: Those that calls are made up for; every one when left out.

    Raises:
        Misconfigured: Schemathesis finds nothing to test in it.
    """
    hooks.use(document)
    settings = tomllib.loads(contract_path("conformance/schemathesis.toml").read_text(encoding="utf-8"))
    settings |= {"base-url": target.base_url, "seed": seed, "auth": _auth(target, settings["auth"])}
    settings.pop("hooks")
    settings["generation"] |= {"max-examples": examples}
    settings["phases"] = {name: {"enabled": name in phases} for name in PHASES}
    settings |= changes
    if operations:
        others = [name for name in document.operations if name not in operations]
        settings["operations"] = [*settings["operations"], {"include-operation-id": others, "enabled": False}]
    try:
        return schemathesis.openapi.from_dict(document.raw, config=Config.from_dict(settings))
    except schemathesis.errors.LoaderError as error:
        raise Misconfigured(f"Schemathesis cannot read {document.path}: {error}.") from error


def described(document: Document, target: Target, seed: int) -> Described:
    """Return the contract's operations as Schemathesis reads them, which takes it as long as to judge an answer."""
    schema = schema_of(document, target, seed)
    return {name: schema[one.path][one.method] for name, one in document.operations.items()}


def play(schema: BaseSchema, document: Document, record: Record, progress: Progress) -> None:
    """Make the calls, and keep them and what is wrong with them."""
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _keep(event.recorder, document, record)
            progress(event.phase.value, len(record.exchanges))
        elif isinstance(event, events.NonFatalError):
            said = " ".join(event.info.message.split())
            finding = Finding(check="generated", message=f"{event.label}: {said}"[:400], side=Side.RUN)
            record.complain([finding])
        elif isinstance(event, events.EngineFinished) and event.stop_reason.skip_explanation:
            reason = event.stop_reason.skip_explanation
            record.complain([Finding(check="generated", message=f"The run ended early: {reason}.", side=Side.RUN)])


def _keep(recorder: ScenarioRecorder, document: Document, record: Record) -> None:
    kept: dict[str, Exchange] = {}
    for case_id, interaction in recorder.interactions.items():
        if interaction.response is not None:
            case = recorder.cases[case_id].value
            fit = case.meta is not None and case.meta.generation.mode.is_positive
            operation = document.labelled(case.operation.label)
            # A method that the path does not have is tried, too, and belongs to no operation.
            own = operation if case.method == operation.method else None
            kept[case_id] = record.keep(own, exchange_of(interaction.response), fit=fit)
            if case.meta is not None and isinstance(case.meta.phase.data, CoveragePhaseData):
                record.keywords[case.meta.phase.data.scenario.value] += 1
    for case_id, nodes in recorder.checks.items():
        for node in nodes:
            if node.status is Status.FAILURE and node.failure_info:
                failure = node.failure_info.failure
                shown = recorder.iter_chain_cases(
                    case_id=failure.case_id or case_id, related_case_ids=failure.related_case_ids()
                )
                calls = tuple(kept[one.id] for one in shown if one.id in kept)
                operation = document.labelled(recorder.cases[case_id].value.operation.label)
                record.complain([finding_of(failure, operation, calls, node.name)])


def _auth(target: Target, shipped: dict[str, Any]) -> dict[str, Any]:
    access = target.access
    if not access.client_id:
        return {"openapi": {"apiKey": {"api_key": access.api_key}}}
    token = {**shipped["dynamic"]["openapi"]["oauth"], "payload": access.form()}
    return {"dynamic": {"openapi": {"oauth": token}}}
