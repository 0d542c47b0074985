"""The operator's interface as an application of its own, which lies beside the marketplace."""

from sandbox_server.api.contract import Contract
from sandbox_server.api.judge import Judge
from sandbox_server.api.mount import Mounted, Mounts
from sandbox_server.asgi import ASGIApp, Layer
from sandbox_server.certification.trials import Trials
from sandbox_server.control.certifications import Certifications, Here
from sandbox_server.control.errors import Problems
from sandbox_server.control.fault_forms import Forms
from sandbox_server.control.gate import Gate
from sandbox_server.control.operations import operations
from sandbox_server.control.registry import Registry
from sandbox_server.middleware.courier import Courier
from sandbox_server.middleware.stack import Edge, absent, within
from sandbox_server.services.access import Directory
from sandbox_server.services.metrics import Metrics

ROOT = "/_sandbox"
_DOCS = f"{ROOT}/docs"


def control(
    contract: Contract,
    directory: Directory,
    registry: Registry,
    operator_token: str | None,
    judge: Judge,
    metrics: Metrics,
    forms: Forms,
    courier: Courier,
    trials: Trials,
    certain: Layer = absent,
) -> ASGIApp:
    """
    Return what answers below `/_sandbox`.

    Args:
        directory: Who knows the marketplace's clients, whom the feed of the tills is for.
        registry: Knows the tenants.
        operator_token: What a caller has to show; None lets everybody in whom no other site sends.
        judge: Holds journalled calls against the marketplace's contract.
        metrics: Has counted the marketplace's calls.
        forms: What a fault may look like.
        courier: Sends webhooks, which is waited for when time is moved forward.
        trials: The certifications.
        certain: Refuses calls while it is not known how the tenants stand.
    """
    certifications = Certifications(registry, trials, operator_token)
    handlers = operations(contract, registry, judge, metrics, forms, courier, certifications)
    mounts = Mounts([Mounted(contract, handlers, Problems())], directory, operator_token, _DOCS)

    def gated(app: ASGIApp) -> ASGIApp:
        return mounts.problems(Gate(Here(app), guarded=operator_token is not None))

    return within(Edge(gated, mounts.routing, mounts.security, mounts.operations(), certain))
