"""The operator's refusals, and which problem each is."""

from datetime import datetime

from sandbox_server.api.dialect import COMMON, Kind, Kinds, ProblemDetails
from sandbox_server.api.refusals import Refusal, shown


class ForeignOrigin(Refusal):
    """A page of another site is calling."""

    def __init__(self, origin: str) -> None:
        super().__init__(f"Pages of {shown(origin)} may not drive this sandbox.")


class ForeignHost(Refusal):
    """The call is for a host name that is not the server's own, as after a name was made to point here."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"This sandbox is not {shown(host)}. Call it by 127.0.0.1, [::1] or localhost, "
            "or start it with --operator-token."
        )


class ClockCannotGoBack(Refusal):
    """What has happened would lie in the future."""

    def __init__(self, tenant: str, now: datetime, wanted: datetime) -> None:
        super().__init__(
            f"The clock of {tenant} stands at {_said(now)}; set back to {_said(wanted)}, what has happened would lie "
            "in the future. Restore a snapshot, or reset the tenant, to go back."
        )


class BadSnapshot(Refusal):
    """A file is no snapshot that can be taken."""


KINDS: Kinds = {
    **COMMON,
    ForeignOrigin: Kind(403, "FOREIGN_ORIGIN", "Another site's page is calling"),
    ForeignHost: Kind(403, "FOREIGN_HOST", "The call is for another host"),
    ClockCannotGoBack: Kind(409, "CLOCK_CANNOT_GO_BACK", "Time does not go back"),
    BadSnapshot: Kind(422, "BAD_SNAPSHOT", "The file is no snapshot that can be taken"),
}


class Problems(ProblemDetails):
    """The dialect of the operator's interface."""

    def __init__(self) -> None:
        super().__init__(KINDS, "sandbox")


def _said(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
