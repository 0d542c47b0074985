"""Profiles: how a load goes up and down, who makes it, and how buyers come meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Annotated

import msgspec
import yaml
from msgspec import Meta

from load_tests.errors import CannotRun
from load_tests.systems import CALLS
from sandbox_server.domain.arrivals import Profile as Arrivals
from sandbox_server.kernel.curves import Curve, Knot

FOLDER = Path(__file__).parent / "profiles"
_MOST_MINUTES = 7 * 24 * 60


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
        return _profile(path.stem, msgspec.convert(written, _Written))
    except ValueError as error:  # msgspec's, too
        raise CannotRun(f"{path} is no profile: {error}.") from error


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A profile as its file says it."""

    about: str
    source: str
    minutes: Annotated[float, Meta(gt=0, le=_MOST_MINUTES)]
    knots: Sequence[tuple[float, float]]
    arrivals: Arrivals
    systems: Annotated[Mapping[str, Annotated[int, Meta(ge=1)]], Meta(min_length=1)]


def _profile(name: str, written: _Written) -> Profile:
    if not all(map(isfinite, (written.minutes, *chain(*written.knots)))):
        raise ValueError("all of its numbers are to be finite")
    if unknown := sorted(set(written.systems) - set(CALLS)):
        raise ValueError(f"{unknown[0]!r} is no system; there are {', '.join(CALLS)}")
    curve = Curve(*(Knot(at, rate) for at, rate in written.knots))
    about, source = written.about.strip(), written.source.strip()
    return Profile(name, about, source, written.minutes, curve, written.arrivals, written.systems)
