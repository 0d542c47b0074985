"""`verify`: a bundle says what its evidence says, and whatever was altered in it is named."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox_server.certification.bundle import BUNDLE, REPORT, SEAL, DamagedBundle, Files, alterations, open_bundle
from sandbox_server.certification.rehearsal import JOURNAL
from sandbox_server.cli import main

ASKS_ONCE = """
import os, urllib.request
urllib.request.urlopen(urllib.request.Request(os.environ["ACORN_BASE_URL"] + "/orders?limit=1", headers={
    "X-Api-Key": os.environ["ACORN_API_KEY"]}))
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of a client that makes one call."""
    home = tmp_path_factory.mktemp("run")
    (home / "client.py").write_text(ASKS_ONCE, "utf-8")
    words = ["--command", f"{sys.executable} {home / 'client.py'}", "--scenario", "new-members"]
    CliRunner().invoke(main, ["certify", "--report-dir", str(home), *words])
    return home / BUNDLE


@pytest.fixture(scope="module")
def files(bundle: Path) -> Files:
    return open_bundle(bundle)


def verify(path: Path) -> Result:
    return CliRunner().invoke(main, ["verify", str(path)])


def test_a_bundle_that_nobody_has_touched_says_the_same_again(bundle: Path) -> None:
    done = verify(bundle)

    assert (done.exit_code, done.output) == (
        0,
        "chain-core@1 (in part): NOT_CERTIFIED. The evidence is whole, and judged again it says the same.\n",
    )


def test_what_was_altered_is_told(tmp_path: Path, files: Files) -> None:
    name = next(each for each in files if each.endswith(JOURNAL))
    place = files[name].rindex(b"a")
    with ZipFile(tmp_path / "altered.zip", "w") as packed:
        for each, content in files.items():
            packed.writestr(each, content[:place] + b"b" + content[place + 1 :] if each == name else content)

    done = verify(tmp_path / "altered.zip")

    assert done.exit_code == 1
    line = 1 + files[name][:place].count(b"\n")
    assert f"{name} was altered, at line {line}." in done.output


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_one_changed_byte_is_named_wherever_it_is(files: Files, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(name for name, content in files.items() if content)))
    place = data.draw(st.integers(0, len(files[name]) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != files[name][place]))
    altered = {**files, name: files[name][:place] + bytes([other]) + files[name][place + 1 :]}

    assert any(name in said for said in told(altered))


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_file_that_is_gone_or_was_added_is_named(files: Files, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(files.keys() - {REPORT, SEAL})))

    assert any(name in said for said in told({each: files[each] for each in files if each != name}))
    assert any("more.txt" in said for said in told({**files, "more.txt": b"more"}))


def told(files: Files) -> list[str]:
    try:
        return list(alterations(files))
    except DamagedBundle as error:
        return [str(error)]


@pytest.mark.parametrize(
    ("name", "alter", "said"),
    [
        (REPORT, lambda told: [told], "report.json of the bundle does not have what it must: checks, scenarios."),
        (
            SEAL,
            lambda told: {"files": told["files"]},
            "seal.json of the bundle does not have what it must: files, lines.",
        ),
        (REPORT, lambda told: {**told, "checks": []}, "report.json says otherwise than the evidence: checks."),
        (REPORT, lambda told: {**told, "scenarios": [{}]}, "The evidence cannot be judged again: KeyError('id')."),
        (REPORT, lambda told: {**told, "plan": "chain-core@0"}, "There is no plan chain-core@0."),
    ],
    ids=["no report", "half a seal", "no checks", "no scenario", "no plan"],
)
def test_a_report_that_was_made_up_is_told(files: Files, name: str, alter: Callable[[Any], Any], said: str) -> None:
    altered = {**files, name: json.dumps(alter(json.loads(files[name]))).encode()}

    assert any(one.startswith(said) for one in told(altered)), told(altered)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_bundle_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "some.zip").write_bytes(content)
    done = CliRunner().invoke(main, ["verify", str(tmp_path / "some.zip")])

    assert done.exit_code == 4
    assert "is no bundle" in done.output
