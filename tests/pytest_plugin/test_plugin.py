"""The plug-in for pytest, used by tests against a sandbox that runs already."""

import subprocess
import sys

import pytest

from sandbox_server.remote import Sandbox
from tests.e2e.server import Server, running
from tests.pytest_plugin.runs import ALONE, Runs

CLIENT = """
import json, urllib.request
import pytest

def get(marketplace, path):
    call = urllib.request.Request(marketplace.url + path, headers={"X-Api-Key": marketplace.api_key})
    with urllib.request.urlopen(call) as answer:
        return json.load(answer)
"""


@pytest.fixture(autouse=True)
def at_the_server(server: Server, runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETPLACE_URL", server.origin)


def tenants(server: Server) -> list[str]:
    return [one["name"] for one in Sandbox(server.origin).call("GET", "/tenants")["items"]]


def test_each_test_has_a_marketplace_of_its_own_which_goes_with_it(runs: Runs, server: Server) -> None:
    result = runs.of(
        CLIENT
        + """
seen = set()

@pytest.mark.parametrize("again", range(3))
def test_it(marketplace, again):
    assert marketplace.url.endswith("/v1")
    assert marketplace.client_id == f"acorn-sandbox.{marketplace.name}"
    assert marketplace.client_secret and marketplace.token_url == marketplace.url + "/oauth/token"
    assert repr(marketplace) == f"<Marketplace {marketplace.name} at {marketplace.url}>"
    order = marketplace.place_order()
    assert get(marketplace, f"/orders/{order.order_id}")["status"] == order.status == "NEW"
    assert marketplace.operate("GET", "")["counts"]["orders"] == 121
    assert marketplace.audit().holds
    seen.add(marketplace.name)
    assert len(seen) == again + 1
"""
    )
    result.assert_outcomes(passed=3)
    assert "Calls to the marketplace" not in result.stdout.str()
    assert tenants(server) == ["default"]


def test_the_report_of_a_failure_has_the_calls(runs: Runs, server: Server) -> None:
    result = runs.of(
        CLIENT
        + """
def test_it(marketplace):
    get(marketplace, "/orders?limit=2")
    assert False
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines(
        [
            r"-+ Calls to the marketplace \(t-\w+\) -+",
            r" call  time ",
            r"    1  15:00:00.000  GET     200 .* /v1/orders\?limit=2",
        ]
    )
    assert tenants(server) == ["default"]


def test_a_failure_without_calls_says_so(runs: Runs) -> None:
    result = runs.of("def test_it(marketplace): assert False")
    result.stdout.fnmatch_lines(["The marketplace was not called."])


def test_only_the_latest_of_many_calls_are_in_the_report(runs: Runs) -> None:
    result = runs.of(
        CLIENT
        + """
def test_it(marketplace):
    for _ in range(52):
        get(marketplace, "/stores?limit=1")
    assert False
"""
    )
    result.stdout.re_match_lines([r"\(2 calls before these\)", r" call  time ", r"    3  "])


def test_a_fixture_that_fails_after_the_marketplace_shows_the_calls_too(runs: Runs) -> None:
    result = runs.of(
        CLIENT
        + """
@pytest.fixture
def broken(marketplace):
    get(marketplace, "/stores")
    raise OSError("my fixture is broken")

def test_it(broken): pass
"""
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*Calls to the marketplace*"])


def test_a_fault_that_never_played_fails_the_test(runs: Runs) -> None:
    result = runs.of(
        """
def test_it(marketplace):
    marketplace.faults.add("acknowledgeOrder", "lostResponse", id="lost")
"""
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["These faults never played, *: lost (lostResponse, 0 calls matched).*may_stay_unused=True*"]
    )


def test_a_fault_that_was_cleared_unused_fails_the_test_as_well(runs: Runs) -> None:
    result = runs.of(
        """
def test_it(marketplace):
    marketplace.faults.add(None, "lostResponse")
    marketplace.faults.clear()
    assert marketplace.faults.rules() == []
"""
    )
    result.assert_outcomes(failed=1)


def test_a_fault_that_played_or_may_stay_unused_lets_the_test_pass(runs: Runs) -> None:
    result = runs.of(
        CLIENT
        + """
import urllib.error

def test_played(marketplace):
    marketplace.faults.add("listOrders", "error=503", max_count=1)
    with pytest.raises(urllib.error.HTTPError):
        get(marketplace, "/orders")
    (rule,) = marketplace.faults.rules()
    assert (rule.effect, rule.played) == ("error", 1)

def test_excused(marketplace):
    marketplace.faults.add(None, {"error": {"status": 503}}, may_stay_unused=True)

@pytest.mark.marketplace(unused_faults_ok=True)
def test_marked(marketplace):
    marketplace.faults.add(None, "lostResponse")

def test_failing_for_another_reason(marketplace):
    marketplace.faults.add(None, "lostResponse")
    raise KeyError("mine")

@pytest.mark.xfail(strict=True)
def test_expected_to_fail(marketplace):
    marketplace.faults.add(None, "lostResponse")
"""
    )
    result.assert_outcomes(passed=3, failed=1, xfailed=1)
    assert "never played" not in result.stdout.str().partition("test_expected_to_fail")[0].partition("KeyError")[2]


def test_the_marker_says_what_the_marketplace_begins_as_and_the_nearest_counts(runs: Runs) -> None:
    result = runs.of(
        """
import pytest

pytestmark = pytest.mark.marketplace(seed=5, clock="real")

def test_of_the_module(marketplace):
    assert marketplace.operate("GET", "")["seed"] == 5
    assert marketplace.operate("GET", "/clock")["mode"] == "REAL"

@pytest.mark.marketplace(seed=6, fixture="small_chain")
def test_of_its_own(marketplace):
    told = marketplace.operate("GET", "")
    assert (told["seed"], told["fixture"]) == (6, "small_chain")
    assert told["clock"]["mode"] == "REAL"
""",
        "--strict-markers",
    )
    result.assert_outcomes(passed=2)


def test_options_count_where_no_marker_says_otherwise(runs: Runs) -> None:
    result = runs.of(
        """
import pytest

def test_it(marketplace):
    told = marketplace.operate("GET", "")
    assert (told["seed"], told["fixture"], told["clock"]["mode"]) == (8, "small_chain", "REAL")

@pytest.mark.marketplace(seed=9)
def test_marked(marketplace):
    assert marketplace.operate("GET", "")["seed"] == 9
""",
        "--marketplace-seed=8",
        "--marketplace-clock=real",
        "--marketplace-fixture=small_chain",
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("marker", "complaint"),
    [
        ("sed=7", "The marker marketplace takes clock, fixture, seed, unused_faults_ok; not sed."),
        ("7", "The marker marketplace takes clock, fixture, seed, unused_faults_ok; not 7."),
        ("fixture='no_such'", "There is no marketplace for this test. *no_such*"),
        ("seed=-1", "There is no marketplace for this test. */seed*"),
    ],
)
def test_a_marker_that_makes_no_sense_is_told_in_words(runs: Runs, marker: str, complaint: str) -> None:
    result = runs.of(f"import pytest\n@pytest.mark.marketplace({marker})\ndef test_it(marketplace): pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([complaint])
    assert "Traceback" not in result.stdout.str()


def test_where_nobody_answers_each_test_says_so(runs: Runs) -> None:
    result = runs.of("def test_it(marketplace): pass", "--marketplace-url=http://127.0.0.1:1")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["There is no marketplace for this test. There is no sandbox at http://127.0.0.1:1: *"])


def test_a_guarded_sandbox_is_used_with_the_token_of_the_environment(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running("--operator-token", "open-sesame") as guarded:
        refused = runs.of("def test_it(marketplace): pass", f"--marketplace-url={guarded.origin}")
        refused.assert_outcomes(errors=1)
        monkeypatch.setenv("SANDBOX_OPERATOR_TOKEN", "open-sesame")
        runs.start(f"--marketplace-url={guarded.origin}").assert_outcomes(passed=1)


def test_a_server_that_went_leaves_a_report_that_says_so(runs: Runs) -> None:
    result = runs.of(
        """
def test_it(marketplace, monkeypatch):
    monkeypatch.setattr(marketplace._sandbox, "_port", 1)
    assert False
"""
    )
    result.stdout.fnmatch_lines(["The journal is not to be had. There is no sandbox at *"])


def test_workers_share_a_sandbox_that_runs_already(runs: Runs, server: Server) -> None:
    result = runs.of(
        """
import pytest

@pytest.mark.parametrize("number", range(6))
def test_it(marketplace, number):
    marketplace.place_orders(number + 1)
    assert marketplace.operate("GET", "")["counts"]["orders"] == 121 + number
    assert number != 5
""",
        "-n",
        "2",
    )
    result.assert_outcomes(passed=5, failed=1)
    result.stdout.fnmatch_lines(["*Calls to the marketplace*"])
    assert tenants(server) == ["default"]


def test_options_and_marker_are_documented(runs: Runs) -> None:
    told = runs.pytester.runpytest_subprocess(*ALONE, "--help").stdout.str()
    for option in (
        "--marketplace-url=URL",
        "--marketplace-fixture=WORLD",
        "--marketplace-seed=N",
        "--marketplace-clock=",
    ):
        assert option in told
    # Found by its entry point, among everything else that is installed.
    markers = runs.pytester.runpytest_subprocess("-p", "no:locust", "--markers").stdout
    markers.fnmatch_lines(["@pytest.mark.marketplace(seed=None, fixture=None, clock=None, unused_faults_ok=False): *"])


def test_starting_pytest_loads_nothing_but_the_plug_in_itself() -> None:
    program = (
        "import sys, pytest\n"
        "before = set(sys.modules)\n"
        "import sandbox_server.pytest_plugin\n"
        "own = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(name for name in sys.modules if name.startswith('sandbox_server')))\n"
        "print(sorted(own - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['sandbox_server', 'sandbox_server.pytest_plugin']", "['sandbox_server']"]
