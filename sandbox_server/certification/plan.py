"""
Plans: which checks a client is judged by, frozen.

A plan `NAME@VERSION` is two files in contracts/plans: `.yaml` says what it is about and names its checks, `.lock` has a
line for each check and scenario, with a hash of what was declared of it. The plan's own hash is that of its lock.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import yaml

from sandbox_server.certification.check import Check, Level
from sandbox_server.certification.checks import CHECKS
from sandbox_server.certification.scenario import Scenario
from sandbox_server.certification.scenarios import SCENARIOS
from sandbox_server.domain.certificates import FrozenPlan
from sandbox_server.resources import ResourceNotFound, contract_path

FOLDER = "plans"
_IN_PART = " (in part)"
_OF_CHECK: tuple[str, ...] = ("id", "level", "clause", "scenarios", "needs", "version")
_OF_SCENARIO: tuple[str, ...] = ("id", "fixture", "seed", "scale", "seconds", "version", "begins")


class PlanError(Exception):
    """A plan that is none, or is not as it was frozen; the message says why."""


@dataclass(frozen=True)
class Plan:
    """
    What a client is judged by.

    Args:
        id: Name and version, as in `chain-core@1`.
        title: What it is about.
        checks: In the order of their ids.
        scenarios: All that these checks judge, in the order of their ids.
        lock: As it was frozen.
        goes_live: Whether a certificate by it is what onboarding takes; by another a client shows more than it must.
        not_played: Ids of the scenarios that were left when a run of it was stopped.
    """

    id: str
    title: str
    checks: tuple[Check, ...]
    scenarios: tuple[Scenario, ...]
    lock: str
    goes_live: bool = True
    not_played: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """The hash that it was frozen with."""
        return hash_of(self.lock)

    def narrowed(self, scenarios: Collection[str]) -> "Plan":
        """
        Return the plan with these scenarios alone, and what they exercise; with all of them where none is named.

        Raises:
            PlanError: It has no such scenario.
        """
        if not scenarios:
            return self
        known = [one.id for one in self.scenarios]
        if unknown := sorted(set(scenarios) - set(known)):
            raise PlanError(f"{self.id} has no scenario {unknown[0]}. It has: {', '.join(known)}.")
        kept = tuple(one for one in self.scenarios if one.id in scenarios)
        checks = tuple(one for one in self.checks if any(map(one.concerns, scenarios)))
        return replace(self, id=self.id.removesuffix(_IN_PART) + _IN_PART, checks=checks, scenarios=kept)

    def cut_short(self, played: Collection[str]) -> "Plan":
        """Return what was played of it, by the ids of some of its scenarios, when its run was stopped."""
        left = tuple(one.id for one in self.scenarios if one.id not in played)
        return replace(self.narrowed(played), not_played=left) if left else self


class _Told(msgspec.Struct, forbid_unknown_fields=True):
    """What stands in a plan's file."""

    title: str
    goes_live: bool
    checks: list[str]


def plan_ids() -> list[str]:
    """Return the plans there are."""
    return sorted(path.stem for path in contract_path(FOLDER).glob("*.yaml"))


def read_plan(plan_id: str) -> Plan:
    """
    Return a plan.

    Raises:
        PlanError: There is none of that name, or it is not as it was frozen.
    """
    plan = draft(plan_id)
    try:
        lock = contract_path(f"{FOLDER}/{plan_id}.lock").read_text("utf-8", "replace")
    except ResourceNotFound as error:
        raise PlanError(f"The plan {plan_id} was never frozen.") from error
    if lock != plan.lock:
        raise PlanError(f"The plan {plan_id} is not as it was frozen: {_first_difference(lock, plan.lock)}.")
    return plan


def read_played(plan_id: str, scenarios: Collection[str], not_played: Collection[str]) -> Plan:
    """
    Return the plan of a run.

    Args:
        plan_id: As the run's report names it: a part of a plan has an id of its own.
        scenarios: Those that were played.
        not_played: Those that were left when the run was stopped.

    Raises:
        PlanError: There is none of that name, it is not as it was frozen, or has no such scenario.
    """
    whole = plan_id.removesuffix(_IN_PART)
    plan = read_plan(whole)
    return plan if whole == plan_id else plan.narrowed({*scenarios, *not_played}).cut_short(scenarios)


def draft(plan_id: str) -> Plan:
    """
    Return a plan as its checks and scenarios stand now, with the lock that it would be frozen with.

    Raises:
        PlanError: There is none of that name, or it names a check that there is not.
    """
    if plan_id not in plan_ids():
        raise PlanError(f"There is no plan {plan_id}. There are: {', '.join(plan_ids())}.")
    told = _told(plan_id)
    if unknown := sorted(set(told.checks) - set(CHECKS)):
        raise PlanError(f"The plan {plan_id} names checks that there are not: {', '.join(unknown)}.")
    checks = tuple(CHECKS[name] for name in sorted(told.checks))
    scenarios = tuple(one for one in SCENARIOS.values() if any(one.id in check.scenarios for check in checks))
    return Plan(plan_id, told.title, checks, scenarios, _lock(plan_id, checks, scenarios), told.goes_live)


def frozen_plans() -> dict[str, FrozenPlan]:
    """Return each plan that a client can go live by, as it was frozen, by its id."""
    locks: dict[str, Path] = {path.stem: path for path in contract_path(FOLDER).glob("*.lock")}
    return {
        plan_id: _frozen(locks[plan_id].read_text("utf-8")) for plan_id in sorted(locks) if _told(plan_id).goes_live
    }


def _told(plan_id: str) -> _Told:
    path = contract_path(f"{FOLDER}/{plan_id}.yaml")
    try:
        return msgspec.convert(yaml.safe_load(path.read_bytes()), _Told)
    except (yaml.YAMLError, UnicodeDecodeError, msgspec.ValidationError) as error:
        said = " ".join(str(error).split())
        raise PlanError(f"{path} is damaged: {said}. Put it back as it came with the sandbox.") from error


def _frozen(lock: str) -> FrozenPlan:
    lines = (line.split() for line in lock.splitlines())
    checks = {words[1]: words[3] == Level.MUST for words in lines if words[0] == "check"}
    return FrozenPlan(hash_of(lock), checks)


def hash_of(lock: str) -> str:
    """Return the hash of a plan with this lock."""
    return sha256(lock.encode()).hexdigest()


def _lock(plan_id: str, checks: tuple[Check, ...], scenarios: tuple[Scenario, ...]) -> str:
    lines = [plan_id]
    lines += [f"check {one.id} {one.version} {one.level} {_hash(_declared(one))}" for one in checks]
    lines += [f"scenario {one.id} {one.version} {_hash(_declared(one))}" for one in scenarios]
    return "\n".join(lines) + "\n"


def _declared(declared: Check | Scenario) -> Mapping[str, Any]:
    """Return what decides about a client; words for people may be mended."""
    names = _OF_SCENARIO if isinstance(declared, Scenario) else _OF_CHECK
    return {name: getattr(declared, name) for name in names}


def _hash(members: Mapping[str, Any]) -> str:
    return sha256(json.dumps(members, sort_keys=True).encode()).hexdigest()[:16]


def _first_difference(frozen: str, now: str) -> str:
    before, after = set(frozen.splitlines()), set(now.splitlines())
    gone, come = sorted(before - after), sorted(after - before)
    return f"it has {come[0]!r} now" if come else f"it has no {gone[0]!r} any more" if gone else "its lines moved"


def main() -> None:
    """Freeze every plan as it stands: for maintainers, before a plan is published."""
    for plan_id in plan_ids():
        path = contract_path(FOLDER) / f"{plan_id}.lock"
        path.write_text(draft(plan_id).lock, "utf-8")


if __name__ == "__main__":
    main()
