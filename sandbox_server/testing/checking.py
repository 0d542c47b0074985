"""Judging what a test's own client has done, by a check of the certification."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from io import BytesIO
from typing import Any

from sandbox_server.certification.check import Check, Occasion
from sandbox_server.certification.checks import CHECKS
from sandbox_server.certification.client import AttachedClient
from sandbox_server.certification.evidence import Evidence, read_evidence
from sandbox_server.certification.leaks import leaks_in
from sandbox_server.certification.scenarios import SCENARIOS
from sandbox_server.certification.stage import Stage
from sandbox_server.remote import Sandbox, in_path

Wire = Mapping[str, Any]


def named(check_id: str) -> Check:
    """
    Return a check.

    Raises:
        ValueError: There is none of that name.
    """
    if check_id in CHECKS:
        return CHECKS[check_id]
    meant = get_close_matches(check_id, CHECKS, n=1, cutoff=0) if check_id else []
    raise ValueError(f"There is no check {check_id!r}. {f'Is {meant[0]} meant?' if meant else ''}".rstrip())


def seen(sandbox: Sandbox, tenant: str, secrets: Wire, acts: Sequence[Wire]) -> Evidence:
    """
    Return what was seen of a tenant's own client until now.

    Args:
        secrets: The client's credentials, as they were told when the tenant was made.
        acts: What was done around the client.
    """
    place = f"/tenants/{in_path(tenant)}"
    exported = BytesIO()
    sandbox.download(f"{place}/journal/export", exported, {"format": "ndjson"})
    journal = exported.getvalue().splitlines()
    clock = sandbox.call("GET", f"{place}/clock")
    told = {
        "scenario": "",
        "clientId": secrets["clientId"],
        "scale": clock["scale"],
        "endedAt": clock["now"],
        "acts": acts,
        "faults": sandbox.call("GET", f"{place}/faults")["items"],
        "client": (),
        "leaks": leaks_in(journal, (secrets["clientSecret"], secrets["apiKey"])),
        "world": _world(sandbox, place),
    }
    return read_evidence(journal, told)


def failure(check: Check, occasions: Sequence[Occasion]) -> str:
    """Return why a client has not passed a check, for people; empty where it has."""
    if not occasions:
        played = [SCENARIOS[name] for name in check.scenarios if name in SCENARIOS]
        how = f" In the certification the scenario {played[0].id} does: {played[0].title}." if played else ""
        return (
            f"{check.id} was not exercised, so the test has not shown that it holds: {check.title}. "
            f"Bring about what it judges before you ask.{how}"
        )
    breaches = [f"  {one.breach} {_where(one)}".rstrip() for one in occasions if one.breach]
    return "\n".join([f"{check.id} does not hold: {check.title}.", *breaches, check.mend]) if breaches else ""


def _where(occasion: Occasion) -> str:
    calls = ", ".join(map(str, occasion.entries))
    return f"(call {calls})" if len(occasion.entries) == 1 else f"(calls {calls})" if calls else ""


def _world(sandbox: Sandbox, place: str) -> Mapping[str, Any]:
    """Return the world as it stands; it is read in a copy, where no fault plays and no call counts."""
    with _copy(sandbox, place) as copy:
        return Stage(sandbox, copy, AttachedClient(), seconds=0).world()


@contextmanager
def _copy(sandbox: Sandbox, place: str) -> Iterator[Wire]:
    kept = f"{place}/snapshots/{in_path(sandbox.call('POST', f'{place}/snapshots')['snapshotId'])}"
    try:
        copy: Wire = sandbox.call("POST", f"{kept}/fork")
    finally:
        sandbox.call("DELETE", kept)
    own = f"/tenants/{in_path(copy['name'])}"
    try:
        sandbox.call("PUT", f"{own}/clock", {"mode": "FROZEN"})
        sandbox.call("PUT", f"{own}/throttles", {"profile": "off"})
        sandbox.call("DELETE", f"{own}/faults")
        yield copy
    finally:
        sandbox.call("DELETE", own)
