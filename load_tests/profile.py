"""Profiles: how a load goes up and down, who makes it, and how buyers come meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from load_tests.errors import CannotRun
from load_tests.systems import CALLS
from sandbox_server.domain.arrivals import Profile as Arrivals
from sandbox_server.kernel.curves import Curve, Knot

FOLDER = Path(__file__).parent / "profiles"
_MEMBERS = frozenset({"about", "source", "minutes", "knots", "arrivals", "systems"})


@dataclass(frozen=True)
class Profile:
    """
    A load.

    Args:
        about: What it is, in a sentence.
        source: Where its shape comes from, or why it is as it is.
        minutes: How long it takes unless another time is asked for.
        arrivals: How buyers come meanwhile.
        systems: The share of each kind of system in the users.
    """

    name: str
    about: str
    source: str
    minutes: float
    curve: Curve
    arrivals: Arrivals
    systems: Mapping[str, int]


def profile_names() -> list[str]:
    """Return the names of the profiles that come with the sandbox."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def read_profile(name: str) -> Profile:
    """
    Return a profile by its name, or of a YAML file like those.

    Raises:
        CannotRun: There is none, or it is none.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    try:
        written = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        known = ", ".join(profile_names())
        raise CannotRun(f"There is no profile {name!r}; there are {known}, or name a YAML file like those.") from None
    except yaml.YAMLError as error:
        raise CannotRun(f"{path} is no YAML: {' '.join(str(error).split())}.") from error
    try:
        return _profile(path.stem, written)
    except (KeyError, TypeError, ValueError) as error:
        raise CannotRun(f"{path} is no profile: {_in_words(error)}.") from error


def _profile(name: str, written: Any) -> Profile:
    if not isinstance(written, dict):
        raise TypeError("it has no members")
    if unknown := sorted(set(written) - _MEMBERS):
        raise ValueError(f"it has a member {unknown[0]!r}, which is none of {', '.join(sorted(_MEMBERS))}")
    curve = Curve(*(Knot(float(at), float(rate)) for at, rate in written["knots"]))
    systems = {str(kind): int(share) for kind, share in written["systems"].items()}
    if unknown := sorted(set(systems) - set(CALLS)):
        raise ValueError(f"{unknown[0]!r} is no system; there are {', '.join(CALLS)}")
    if not systems or min(systems.values()) < 1:
        raise ValueError("each of its systems has a share of 1 or more")
    minutes = float(written["minutes"])
    if minutes <= 0:
        raise ValueError("it takes some minutes")
    about, source = (str(written[member]).strip() for member in ("about", "source"))
    return Profile(name, about, source, minutes, curve, Arrivals(written["arrivals"]), systems)


def _in_words(error: Exception) -> str:
    return f"it has no member {error}" if isinstance(error, KeyError) else str(error)
