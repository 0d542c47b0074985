"""A server in trouble says so in the contract's words."""

from sandbox_server.conformance.probes.refusals import by_example
from sandbox_server.conformance.stage import Stage

_TROUBLES = ((500, "INTERNAL"), (503, "UNAVAILABLE"))


def outages(stage: Stage) -> None:
    """
    Have every operation fail, and look at what it answers.

    Source: contract, "Errors".
    """
    with stage.sibling() as own:
        for status, code in _TROUBLES:
            rule = {"id": f"trouble-{status}", "effect": {"error": {"status": status}}}
            own.operator.operate("POST", "/faults", rule)
            for operation in own.document.operations.values():
                answer = by_example(own, operation)
                own.hold(
                    (answer.status, answer.code) == (status, code),
                    "Trouble is not told as the contract has it.",
                    answer,
                    expected=f"{status} {code}",
                    seen=f"{answer.status} {answer.code}".strip(),
                )
            own.operator.operate("DELETE", f"/faults/trouble-{status}")
