"""A token opens what its scopes open, and nothing else."""

from sandbox_server.conformance.errors import Unavailable
from sandbox_server.conformance.probes.access import call, protected
from sandbox_server.conformance.stage import Stage


def scopes(stage: Stage) -> None:
    """
    Call every operation with a token of all other scopes, and with one of its own scope alone.

    Source: contract, "Authentication", and the `security` of each operation.
    """
    if not stage.target.access.client_id:
        raise Unavailable("an API key has all scopes; give --client-id and --client-secret")
    operations = [one for one in protected(stage) if one.scope]
    named = sorted({one.scope for one in operations if one.scope})
    for scope in named:
        others = " ".join(other for other in named if other != scope)
        without = stage.bearer(stage.api, stage.target.access, scope=others)
        alone = stage.bearer(stage.api, stage.target.access, scope=scope)
        for operation in operations:
            if operation.scope == scope:
                refused = call(stage, operation, without)
                stage.hold(
                    (refused.status, refused.code) == (403, "SCOPE_MISSING"),
                    f"A token without {scope} opens what needs it.",
                    refused,
                    expected="403 SCOPE_MISSING",
                    seen=f"{refused.status} {refused.code}".strip(),
                )
                let_in = call(stage, operation, alone)
                stage.hold(
                    let_in.status != 401 and let_in.code != "SCOPE_MISSING",
                    f"A token with {scope} does not open what needs no more.",
                    let_in,
                    seen=f"{let_in.status} {let_in.code}".strip(),
                )
