"""
The suite `full`, small enough for every change: all probes, and fewer calls made up.

Calls are made up for a third of the operations on each adapter, so that the three of them hold every operation to them.
"""

from dataclasses import replace

from sandbox_server.conformance.document import Document
from sandbox_server.conformance.run import run
from sandbox_server.conformance.session import Assignment
from sandbox_server.conformance.suites import PLANS, Suite
from sandbox_server.resources import contract_path

_SHARES = 3
_EXAMPLES = 3


def findings(base_url: str, share: int) -> list[str]:
    """
    Return what is wrong with a server.

    Args:
        share: For which third of the operations calls are made up: 0, 1 or 2.
    """
    operations = tuple(Document(contract_path("marketplace.yaml")).operations)
    first, last = (len(operations) * part // _SHARES for part in (share, share + 1))
    plan = replace(PLANS[Suite.FULL], examples=_EXAMPLES, operations=operations[first:last])
    report = run(Assignment(base_url=base_url), Suite.FULL, plan=plan).report
    return [f"{one.check} {one.operation}: {one.message} {one.expected} {one.seen}" for one in report.findings]
