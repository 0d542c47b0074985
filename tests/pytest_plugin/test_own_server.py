"""The plug-in for pytest, with a sandbox that it starts itself."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox_server.remote import NoSandbox, Sandbox
from tests.pytest_plugin.runs import ALONE, Runs

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "tests" / "examples"


def is_there(url: str) -> bool:
    try:
        return bool(Sandbox(url).call("GET", "/health")["status"] == "ok")
    except NoSandbox:
        return False


def test_a_server_is_started_once_keeps_its_world_and_goes_with_the_run(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_OPERATOR_TOKEN", "for a sandbox of the user's own")
    monkeypatch.setenv("SANDBOX_FIXTURE", "no_such")
    runs.write(
        """
import pytest

@pytest.mark.parametrize("again", range(2))
def test_it(marketplace, marketplace_server, again):
    assert marketplace.url == marketplace_server.url + "/v1"
    print(f"<{marketplace_server.url}>")

def test_others(marketplace_server):
    other = marketplace_server.new_tenant(seed=3)
    other.delete()
    other.delete()
"""
    )
    result = runs.start("--marketplace-seed=3")
    result.assert_outcomes(passed=3)
    (url,) = set(re.findall(r"<(http://127\.0\.0\.1:\d+)>", result.stdout.str()))
    assert not is_there(url)
    assert list((runs.pytester.path / ".pytest_cache" / "d" / "marketplace").rglob("*small_chain*"))


def test_each_worker_has_a_server_of_its_own(runs: Runs) -> None:
    result = runs.of(
        """
import pytest, time

@pytest.mark.parametrize("number", range(8))
def test_it(marketplace, worker_id, number):
    print(f"<{worker_id} {marketplace.url}>")
    assert marketplace.place_order().order_id
""",
        *("-n", "2", "--dist", "each"),
    )
    result.assert_outcomes(passed=16)
    servers = set(re.findall(r"<(gw\d) (http\S+)>", result.stdout.str()))
    assert len({url for _, url in servers}) == len(servers) == 2
    assert not any(is_there(url.removesuffix("/v1")) for _, url in servers)


def test_without_a_cache_nothing_is_kept(runs: Runs) -> None:
    runs.of("def test_it(marketplace): pass", "-p", "no:cacheprovider").assert_outcomes(passed=1)
    assert not {".pytest_cache", ".sandbox"} & {path.name for path in runs.pytester.path.iterdir()}


def test_a_world_that_there_is_not_is_told_in_words(runs: Runs) -> None:
    result = runs.of("def test_it(marketplace): pass", "--marketplace-fixture=no_such")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["There is no marketplace for this test. The sandbox did not start: Error: *no_such*"])


def test_a_run_that_is_killed_leaves_no_server_behind(runs: Runs) -> None:
    runs.write(
        """
def test_it(marketplace_server, capsys):
    with capsys.disabled():
        print(f"<{marketplace_server.url}>", flush=True)
    import sys
    sys.stdin.read()
"""
    )
    command = [sys.executable, "-m", "pytest", *ALONE, "-s"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = next(found[1] for line in process.stdout if (found := re.search(r"<(http\S+)>", line)))
        assert is_there(url)
        process.send_signal(signal.SIGKILL)
        process.wait()
    for _ in range(1000):
        if not is_there(url):
            return
    pytest.fail("the server lives on")


def test_the_examples_pass_as_they_are(runs: Runs) -> None:
    for example in EXAMPLES.glob("test_*.py"):
        shutil.copy(example, runs.pytester.path)
    result = runs.start("-W", "error")
    outcomes = result.parseoutcomes()
    assert set(outcomes) == {"passed"}
    assert outcomes["passed"] >= 2


def test_the_readme_quotes_the_examples() -> None:
    quoted = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    examples = [example.read_text("utf-8") for example in sorted(EXAMPLES.glob("test_*.py"))]
    assert sorted(quoted) == sorted(examples)
