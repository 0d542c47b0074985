"""A recording, judged on every core."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sandbox_server.api.contract import Contract
from sandbox_server.api.judge import Judge
from sandbox_server.judging.bench import Sentence, Terms, judged
from sandbox_server.judging.recorded import Recorded, Unreadable
from sandbox_server.judging.routes import Routes
from sandbox_server.judging.schemas import COUNTED
from sandbox_server.judging.sorting import Sorted, sort_calls
from sandbox_server.reporting.findings import Coverage, Finding, Report, Side
from sandbox_server.traffic.unmatched import explain

_SHOWN_CALLS = 20  # of one kind of finding, kept in full


def judge(
    calls: Sequence[Recorded], terms: Terms, name: str, told: Callable[[int], None], processes: int | None = None
) -> Report:
    """
    Return what is wrong in recorded calls.

    Args:
        name: Of the recording.
        told: Is called with how many calls were judged since the last time.
        processes: How many judge; as many as there are cores when left out.

    Raises:
        Unreadable: None of the calls is of this contract.
    """
    routes = Routes(terms.contract, terms.base_url)
    found = sort_calls(calls, routes)
    if not found.own:
        raise Unreadable(_nothing_to_judge(calls[0], terms, name))
    lost = [_lost(one, terms.contract, routes) for one in found.lost] if Side.REQUEST in terms.sides else []
    told(len(found.lost) + found.others)
    whole = Sentence()
    for sentence in judged(found.own, terms, processes or os.cpu_count() or 1):
        whole.add(sentence)
        told(sentence.calls)
    findings = sorted([*whole.findings, *lost], key=lambda one: one.number or 0)
    return Report(
        title="Judgement of recorded traffic",
        subject=name,
        calls=len(found.own) + len(found.lost),
        findings=tuple(_with_few_calls(findings)),
        facts=_facts(found, terms.contract),
        coverage=tuple(_coverage(terms.contract, whole)),
        keywords={word: whole.keywords[word] for word in sorted(_used(terms.contract.document) & COUNTED)},
    )


def _nothing_to_judge(call: Recorded, terms: Terms, name: str) -> str:
    base = terms.base_url or terms.contract.base_path or "/"
    first = f"{call.exchange.method} {call.exchange.url}"
    return (
        f"No call in {name} goes to an operation below {base}; the first is {first}. Say where it is with --base-url."
    )


def _lost(call: Recorded, contract: Contract, routes: Routes) -> Finding:
    """Return what is wrong with a call that found no operation."""
    exchange = call.exchange
    below = routes.path_below(exchange.url)
    path = exchange.path if below is None else contract.base_path + below
    why = explain(exchange.method, path, Judge(contract).offers)
    return Finding(
        check="operation",
        side=Side.REQUEST,
        message=why.text,
        expected=why.remedy,
        seen=f"{exchange.method} {exchange.path}",
        exchanges=(exchange,),
        number=exchange.number,
    )


def _with_few_calls(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Return the findings, the first of each kind alone with the call that shows it."""
    kinds: Counter[tuple[str, ...]] = Counter()
    for finding in findings:
        kinds[finding.kind] += 1
        yield finding if kinds[finding.kind] <= _SHOWN_CALLS else replace(finding, exchanges=())


def _facts(found: Sorted, contract: Contract) -> dict[str, str]:
    info = contract.document.get("info", {})
    counts = {
        "Answers judged as they were before a fault": sum(one.was_changed for one in found.own),
        "Calls without an answer to judge": sum(not one.is_answered for one in found.own),
        "Calls to others": found.others,
    }
    told = {name: str(count) for name, count in counts.items() if count}
    return {"Contract": f"{info.get('title', '')} {info.get('version', '')}".strip(), **told}


def _coverage(contract: Contract, whole: Sentence) -> Iterator[Coverage]:
    for operation in contract.operations():
        name = operation.operation_id
        seen = {status: count for (one, status), count in sorted(whole.statuses.items()) if one == name}
        yield Coverage(
            operation=name,
            calls=whole.asked[name],
            valid=whole.valid[name],
            seen=seen,
            documented=tuple(operation.responses),
        )


def _used(node: object) -> set[str]:
    """Return the names of all members below a node."""
    if isinstance(node, list):
        return set().union(*map(_used, node))
    if not isinstance(node, dict):
        return set()
    return set(node).union(*map(_used, node.values()))
