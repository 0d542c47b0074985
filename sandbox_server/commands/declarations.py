"""What a user declares of a client beforehand, in files: reasons, each for a check of the plan it is judged by."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox_server.commands.verdict import Unfit

if TYPE_CHECKING:
    from sandbox_server.certification.plan import Plan


def read_manifest(path: Path | None, plan: "Plan") -> dict[str, Any]:
    """
    Return what the client declares of itself; nothing where there is no file.

    Raises:
        Unfit: The file is no manifest, or names checks that the plan does not have.
    """
    told = _mapping(path)
    _known(path, told.get("notApplicable", {}), plan)
    return told


def read_waivers(path: Path | None, plan: "Plan") -> dict[str, str]:
    """
    Return why the failure of a check is put up with, by its id; nothing where there is no file.

    Raises:
        Unfit: The file has no such reasons, or names checks that the plan does not have.
    """
    told = _mapping(path)
    _known(path, told, plan)
    return told


def _known(path: Path | None, reasons: object, plan: "Plan") -> None:
    """Hold reasons by check against the plan."""
    if not isinstance(reasons, dict) or not all(isinstance(each, str) and each for each in reasons.values()):
        raise Unfit(f"{path} is to have a reason for each check, as in 'poll.not-busy: we are called'.")
    if unknown := sorted(set(reasons) - {one.id for one in plan.checks}):
        raise Unfit(f"{path} names checks that {plan.id} does not have: {', '.join(unknown)}.")


def _mapping(path: Path | None) -> dict[str, Any]:
    import yaml  # noqa: PLC0415

    if path is None:
        return {}
    try:
        told = yaml.safe_load(path.read_bytes())
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise Unfit(f"{path} cannot be read: {error}.") from error
    if not isinstance(told, dict):
        raise Unfit(f"{path} is no mapping of names to values.")
    return told
