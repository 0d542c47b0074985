"""The command line: what it asks for, how it ends, and what it says."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from fixtures.clients.reference.assemble import Client
from fixtures.clients.reference.cli import CANNOT_GO_ON, main, summary, work_once
from fixtures.clients.reference.clock import MachineClock
from fixtures.clients.reference.errors import CannotGoOn, Stopped
from fixtures.clients.reference.settings import read_settings
from fixtures.clients.reference.state import State
from tests.clients.fake_marketplace import FakeClock, FakeMarketplace, a_level, a_return, an_order

ENVIRONMENT = {
    "ACORN_BASE_URL": "http://127.0.0.1:8080/v1",
    "ACORN_CLIENT_ID": "chain",
    "ACORN_CLIENT_SECRET": "s3cret",
}


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://127.0.0.1:8080/", "http://127.0.0.1:8080/v1/"])
def test_the_version_is_part_of_the_base_url_whether_it_is_given_or_not(url: str) -> None:
    assert read_settings([], ENVIRONMENT | {"ACORN_BASE_URL": url}).base_url == "http://127.0.0.1:8080/v1"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"ACORN_BASE_URL": ""}, "ACORN_BASE_URL"),
        ({"ACORN_BASE_URL": "127.0.0.1:8080"}, "ACORN_BASE_URL"),
        ({"ACORN_CLIENT_SECRET": ""}, "ACORN_API_KEY"),
        ({"ACORN_CLOCK_SCALE": "fast"}, "ACORN_CLOCK_SCALE"),
    ],
)
def test_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], changes: dict[str, str], word: str
) -> None:
    for name, value in (ENVIRONMENT | changes).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ACORN_API_KEY", raising=False)
    assert main([]) == CANNOT_GO_ON
    assert word in capsys.readouterr().err


def test_a_faster_clock_means_more_frequent_polls_and_a_wider_overlap() -> None:
    slow = read_settings([], ENVIRONMENT)
    fast = read_settings([], ENVIRONMENT | {"ACORN_CLOCK_SCALE": "60"})
    assert (slow.poll_seconds_here, fast.poll_seconds_here) == (15, 0.5)
    assert (slow.overlap, fast.overlap) == (timedelta(minutes=2), timedelta(minutes=5))


def test_a_clock_that_stands_still_counts_as_ours() -> None:
    assert read_settings([], ENVIRONMENT | {"ACORN_CLOCK_SCALE": "0"}).clock_scale == 1


def test_accounts_do_not_share_a_state() -> None:
    other = ENVIRONMENT | {"ACORN_CLIENT_ID": "other"}
    assert read_settings([], ENVIRONMENT).state_path != read_settings([], other).state_path


@pytest.mark.parametrize("text", ["9000", "127.0.0.1", ":9000", "localhost:http"])
def test_where_to_listen_is_a_host_and_a_port(text: str) -> None:
    with pytest.raises(CannotGoOn, match=r"--listen is to be HOST:PORT, as in 127\.0\.0\.1:9000"):
        read_settings(["--listen", text], ENVIRONMENT)
    assert read_settings(["--listen", "[::1]:9000"], ENVIRONMENT).listen_at == ("::1", 9000)


def test_a_state_that_is_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("This is no state, and it is long enough to be seen as none." * 20, encoding="utf-8")
    with pytest.raises(CannotGoOn, match=r"notes\.txt"):
        State(path)


def test_working_once_tries_again_what_failed(client: Client, market: FakeMarketplace, clock: FakeClock) -> None:
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 5)
    market.orders["ord_0001"] = an_order("ord_0001")
    market.fail("acknowledgeOrder", *[httpx.ReadTimeout("slow")] * 8)
    work_once(client, clock)
    assert market.orders["ord_0001"]["status"] == "SHIPPED"


def test_working_once_ends_where_there_is_no_marketplace(
    client: Client, market: FakeMarketplace, clock: FakeClock
) -> None:
    market.fail("createToken", *[httpx.ConnectError("refused")] * 20)
    with pytest.raises(CannotGoOn, match=r"ACORN_BASE_URL.*refused"):
        work_once(client, clock)
    assert len(market.seen) == 6


def test_the_summary_says_what_was_done_and_what_was_not(
    client: Client, market: FakeMarketplace, clock: FakeClock
) -> None:
    market.levels["S1", "MUG"] = a_level("S1", "MUG", 5)
    for order_id in ("ord_0001", "ord_0002"):
        market.orders[order_id] = an_order(order_id)
    market.poisoned = {"/v1/orders/ord_0002/acknowledgements"}
    market.returns["ret_0001"] = a_return("ret_0001")
    work_once(client, clock)
    text = summary(client)
    for line in (
        "1  lines accepted",
        "1  parcels shipped",
        "1  returns received",
        "12.90  USD refunded",
        "1  unfinished",
    ):
        assert f" {line}\n" in f" {text}\n"
    assert "ord_0002: acknowledgeOrder: 500 INTERNAL" in text


def test_a_clock_that_was_stopped_ends_every_wait() -> None:
    clock = MachineClock()
    clock.sleep(0)
    clock.stop()
    with pytest.raises(Stopped):
        clock.sleep(1000)


def test_no_wait_goes_beyond_the_deadline() -> None:
    with pytest.raises(Stopped, match="deadline"):
        MachineClock(deadline_seconds=0).sleep(1000)


@pytest.mark.parametrize("how", [["-m", "fixtures.clients.reference"], ["fixtures/clients/reference"]])
def test_it_starts_as_a_module_and_as_a_folder(how: list[str]) -> None:
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, *how, "--help"], cwd=root, capture_output=True, text=True, check=False)
    assert ended.returncode == 0
    assert "ACORN_BASE_URL" in ended.stdout
