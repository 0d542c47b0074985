"""What a run is told: handed from the command line to Locust, and from Locust's master to its workers, as JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sandbox_server.kernel.curves import Curve, Knot

VARIABLE = "ACORN_LOAD_PLAN"


@dataclass(frozen=True)
class Plan:
    """
    A run.

    Args:
        name: What its idempotency keys begin with; another for each run over the same world.
        url: Where the marketplace is, `/v1` included.
        api_key: Instead of a client id and secret.
        knots: The curve of the load.
        users: How many of each kind of system.
        rounds_at_peak: Rounds a second of each user where the curve is highest.
        processes: How many processes make the load; they share the orders out among them.
        result: The file that takes what came of it.
        once: Whether Locust's processes end with the run; else its page may begin another.
        receiver: The address at which the marketplace reaches receivers of webhooks.
    """

    name: str
    url: str
    client_id: str
    client_secret: str
    api_key: str
    knots: tuple[tuple[float, float], ...]
    users: Mapping[str, int]
    seconds: float
    rounds_at_peak: float
    seed: int
    processes: int
    result: str
    once: bool = True
    receiver: str = "127.0.0.1"

    @property
    def curve(self) -> Curve:
        """How the load goes up and down."""
        return Curve(*(Knot(at, rate) for at, rate in self.knots))

    def text(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Plan":
        """Return what a text says."""
        members = json.loads(text)
        return cls(**{**members, "knots": tuple((at, rate) for at, rate in members["knots"])})
