"""
The bundle: a report with the evidence that it rests on, in one file, sealed.

`seal.json` has the hash of every file of evidence, and of each line of a journal, so that a change can be named. Its
own hash stands in the report, and in every entry of the certificate. What is made of the report for readers is named in
`SHA256SUMS`, as everything else is.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from shutil import rmtree
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from sandbox_server.certification.evidence import read_evidence
from sandbox_server.certification.junit import junit
from sandbox_server.certification.page import page
from sandbox_server.certification.plan import Plan, PlanError, read_played
from sandbox_server.certification.rehearsal import JOURNAL, SEEN
from sandbox_server.certification.report import Run, report

SEAL, REPORT, JUNIT, LOCK, BUNDLE = "seal.json", "report.json", "junit.xml", "plan.lock", "bundle.zip"
PAGE, SUMS = "report.html", "SHA256SUMS"
_FOR_READERS = (JUNIT, PAGE, SUMS)
"""What is made of the report; verdicts rest on none of it."""
EVIDENCE = "scenarios"
Files = dict[str, bytes]


class DamagedBundle(Exception):
    """A file that is no bundle; the message says why."""


def conclude(
    folder: Path,
    plan: Plan,
    *,
    manifest: Mapping[str, Any],
    waived: Mapping[str, str],
    command: str,
    made_at: datetime,
    language: str = "en",
) -> dict[str, Any]:
    """
    Judge what lies in a run's folder; write the report and the bundle there, and return the report.

    Args:
        folder: With `scenarios/`, a folder for each.
        made_at: The machine's time.
        language: Of the page.
    """
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted((folder / EVIDENCE).rglob("*.*"))
    }
    files[LOCK] = plan.lock.encode()
    files[SEAL] = _seal(files)
    told = {"manifest": dict(manifest), "waived": dict(waived), "command": command, "made_at": made_at.isoformat()}
    found = report(run_of(files, plan, **told))
    files[REPORT] = json.dumps(found, ensure_ascii=False, indent=1).encode()
    files[JUNIT] = junit(found)
    files[PAGE] = page(found, language).encode()
    files[SUMS] = _sums(files)
    for name in (LOCK, SEAL, REPORT, JUNIT, PAGE, SUMS):
        (folder / name).write_bytes(files[name])
    with ZipFile(folder / BUNDLE, "w", ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return found


def cut_short(folder: Path, plan: Plan) -> Plan | None:
    """Keep what was played to its end of a run that was stopped; return that part of its plan, None for nothing."""
    homes = list((folder / EVIDENCE).glob("*"))
    played = {home.name for home in homes if (home / SEEN).exists()}
    for home in homes:
        if home.name not in played:
            rmtree(home)
    return plan.cut_short(played) if played else None


def put_in_place(folder: Path, home: Path) -> None:
    """Move what a run has made to where it is wanted, instead of what an earlier one left there."""
    for made in sorted(folder.iterdir()):
        there = home / made.name
        if there.is_dir():
            rmtree(there)
        made.replace(there)


def run_of(files: Files, plan: Plan, **told: Any) -> Run:
    """Return a run of its files, to be judged."""
    homes = sorted({name.rpartition("/")[0] for name in files if name.endswith(f"/{SEEN}")})
    seen = tuple(json.loads(files[f"{home}/{SEEN}"]) for home in homes)
    evidence = tuple(
        read_evidence(files[f"{home}/{JOURNAL}"].splitlines(), each) for home, each in zip(homes, seen, strict=True)
    )
    return Run(plan, evidence, seen, sha256(files[SEAL]).hexdigest(), **told)


def open_bundle(path: Path) -> Files:
    """
    Return the files of a bundle.

    Raises:
        DamagedBundle: It is none.
    """
    try:
        with ZipFile(BytesIO(path.read_bytes())) as packed:
            files = {name: packed.read(name) for name in packed.namelist()}
    except (OSError, BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise DamagedBundle(f"{path} is no bundle: {error}.") from error
    if missing := [name for name in (REPORT, SEAL, LOCK) if name not in files]:
        raise DamagedBundle(f"{path} is no bundle: it has no {missing[0]}.")
    return files


def alterations(files: Files) -> Iterator[str]:
    """
    Return everything that is not as it was sealed, and every verdict that comes out otherwise, in sentences.

    Raises:
        DamagedBundle: The report or the seal is none.
    """
    told = _members(files, REPORT, {"checks": list, "scenarios": list})
    seal = _members(files, SEAL, {"files": dict, "lines": dict})
    if told.get("seal") != sha256(files[SEAL]).hexdigest():
        yield f"{SEAL} is not the one that the report rests on."
    sealed = sorted({*seal["files"], *(files.keys() - {REPORT, SEAL, *_FOR_READERS})})
    altered = {name: found for name in sealed for found in _altered(name, files.get(name), seal)}
    yield from altered.values()
    yield from _not_as_summed(files, altered.keys(), sealed)
    yield from _judged_again(files, told)


def _not_as_summed(files: Files, altered: Collection[str], sealed: Collection[str]) -> Iterator[str]:
    """Hold everything against the sums; where the seal vouches for a file, it is the sum that was altered."""
    sums = files.get(SUMS, b"")
    others = {name: content for name, content in files.items() if name != SUMS}
    lines = set(sums.splitlines())
    differing = sorted(name for name in {*others, JUNIT, PAGE} if _sum(name, others.get(name, b"")) not in lines)
    yield from (f"{name} is not what {SUMS} says of it." for name in differing if name not in sealed)
    vouched_for = {*sealed} - {*altered}
    if sums != _sums(others) and vouched_for.issuperset(differing):
        yield f"{SUMS} is not that of the other files."


def _judged_again(files: Files, told: Mapping[str, Any]) -> Iterator[str]:
    names = {"manifest": "manifest", "waived": "waivers", "command": "command", "made_at": "madeAt"}
    try:
        plan = read_played(str(told.get("plan")), [one["id"] for one in told["scenarios"]], told["notPlayed"])
        if files[LOCK].decode("utf-8", "replace") != plan.lock:
            yield f"The run was judged by another {plan.id} than the one that is frozen here."
            return
        again = report(run_of(files, plan, **{name: told[wire] for name, wire in names.items()}))
        was = {one["id"]: one["verdict"] for one in told["checks"]}
    except PlanError as error:
        yield str(error)
        return
    except (AttributeError, LookupError, ValueError, TypeError) as error:
        yield f"The evidence cannot be judged again: {error!r}."
        return
    for one in again["checks"]:
        if was.get(one["id"]) != one["verdict"]:
            yield f"{one['id']} was told to be {was.get(one['id'])}; judged again it is {one['verdict']}."
    if json.loads(json.dumps(again)) != told:
        differing = [name for name in again if json.loads(json.dumps(again[name])) != told.get(name)]
        yield f"{REPORT} says otherwise than the evidence: {', '.join(differing) or 'it says more'}."


def _sums(files: Files) -> bytes:
    """Return what `sha256sum --check` reads."""
    return b"".join(_sum(name, files[name]) + b"\n" for name in sorted(files))


def _sum(name: str, content: bytes) -> bytes:
    return f"{sha256(content).hexdigest()}  {name}".encode()


def _seal(files: Files) -> bytes:
    seal = {
        "files": {name: sha256(content).hexdigest() for name, content in files.items()},
        "lines": {name: _line_hashes(content) for name, content in files.items() if name.endswith(JOURNAL)},
    }
    return json.dumps(seal, indent=1).encode()


def _line_hashes(content: bytes) -> list[str]:
    return [sha256(line).hexdigest()[:16] for line in content.split(b"\n")]


def _altered(name: str, content: bytes | None, seal: Mapping[str, Any]) -> Iterator[str]:
    if content is None:
        yield f"{name} is gone."
    elif name not in seal["files"]:
        yield f"{name} was added."
    elif seal["files"][name] != sha256(content).hexdigest():
        pairs = zip_longest(seal["lines"].get(name, ()), _line_hashes(content))
        lines = [number for number, (was, is_) in enumerate(pairs, 1) if was != is_] if name in seal["lines"] else []
        yield f"{name} was altered, at line {lines[0]}." if lines else f"{name} was altered."


def _members(files: Files, name: str, kinds: Mapping[str, type]) -> Mapping[str, Any]:
    try:
        found = json.loads(files[name])
    except ValueError as error:
        raise DamagedBundle(f"{name} of the bundle is no JSON.") from error
    if not isinstance(found, dict) or not all(isinstance(found.get(each), kind) for each, kind in kinds.items()):
        raise DamagedBundle(f"{name} of the bundle does not have what it must: {', '.join(kinds)}.")
    return found
