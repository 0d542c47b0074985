"""`journal`, typed against a running sandbox."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from sandbox_server.commands import calls, journal
from sandbox_server.commands.screen import printable
from sandbox_server.remote import Sandbox
from sandbox_server.traffic.journal import Verdict
from tests.commands.shell import Shell
from tests.e2e.server import read_until, start


def tailed(shell: Shell, *flags: str) -> list[list[str]]:
    """Return the words of each call that is shown."""
    return [line.split() for line in shell.says("journal", "tail", "--no-follow", *flags).splitlines()[1:]]


def numbers(shell: Shell, *flags: str) -> list[int]:
    return [int(words[0]) for words in tailed(shell, *flags)]


def test_a_line_has_all_that_one_looks_for(shell: Shell) -> None:
    shell.call("/orders?limit=1")
    (line,) = tailed(shell)
    assert line[:4] == ["1", "15:00:00.000", "GET", "200"]
    assert line[5:] == ["answered", "listOrders", "/v1/orders?limit=1"]
    assert float(line[4]) > 0


def test_a_call_that_was_broken_names_its_rule(shell: Shell) -> None:
    shell.says("faults", "add", "--id", "broken", "--effect", "error=503")
    shell.call("/orders")
    assert tailed(shell)[0][5:] == ["fault", "listOrders", "/v1/orders", "[broken]"]


def test_the_latest_calls_are_shown_as_many_as_are_wanted(shell: Shell) -> None:
    for _ in range(25):
        shell.call("/stores?limit=1")
    assert numbers(shell) == list(range(6, 26))
    assert numbers(shell, "-n", "2") == [24, 25]
    assert numbers(shell, "-n", "0") == []
    assert numbers(shell, "-n", "1000") == list(range(1, 26))


def test_calls_that_fit_are_looked_for_further_and_further_back(shell: Shell) -> None:
    shell.call("/orders?limit=1")
    for _ in range(110):
        shell.call("/nowhere")
    assert numbers(shell, "-n", "1", "--operation", "listOrders") == [1]
    assert numbers(shell, "-n", "105", "--verdict", "unmatched") == list(range(7, 112))
    assert numbers(shell, "--status", "200", "--request-id", "nobodys") == []


def test_calls_are_narrowed_by_store_order_and_fault(shell: Shell) -> None:
    placed = shell.json("place-order")["items"][0]
    order, other = placed["orderId"], next(f"S000{n}" for n in (1, 2, 3) if f"S000{n}" not in placed["storeIds"])
    shell.call(f"/orders/{order}")
    shell.call(f"/stores/{other}")
    shell.says("faults", "add", "--id", "f", "--effect", "error=503", "--max-count", "1")
    shell.call("/orders")
    assert numbers(shell, "--order", order) == [1]
    assert numbers(shell, "--store", other) == [2]
    assert numbers(shell, "--fault", "f") == [3]


def test_as_json_each_call_is_a_line(shell: Shell) -> None:
    for _ in range(2):
        shell.call("/orders?limit=1")
    lines = shell.says("journal", "tail", "--no-follow", "--json").splitlines()
    assert [json.loads(line)["number"] for line in lines] == [1, 2]


def test_calls_are_shown_as_they_come_until_ctrl_c(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(["/orders?limit=1", "/stores?limit=1", None])

    def pause() -> None:
        path = next(moments)
        if path is None:
            raise KeyboardInterrupt
        shell.call(path)

    monkeypatch.setattr(journal, "_pause", pause)
    shell.call("/products?limit=1")
    shown = shell.says("journal", "tail").splitlines()
    assert [line.split()[6] for line in shown[1:]] == ["listProducts", "listOrders", "listStores"]


def test_a_journal_that_began_anew_is_followed_from_its_beginning(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def anew() -> None:
        shell.says("tenants", "reset")

    def call() -> None:
        shell.call("/stores?limit=1")

    moments = iter([anew, call])

    def pause() -> None:
        step = next(moments, None)
        if step is None:
            raise KeyboardInterrupt
        step()

    monkeypatch.setattr(journal, "_pause", pause)
    for _ in range(3):
        shell.call("/orders?limit=1")
    assert shell.says("journal", "tail", "-n", "0").splitlines()[1:][-1].split()[6] == "listStores"


def test_in_a_terminal_of_its_own_it_ends_cleanly_with_ctrl_c(shell: Shell) -> None:
    process = start("journal", "tail", "--url", shell.url, "--tenant", shell.tenant)
    try:
        read_until(process, "path")
        shell.call("/orders?limit=1")
        read_until(process, "/v1/orders?limit=1")
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=60)
        assert (process.returncode, said, complained.strip()) == (0, "", "")
    finally:
        process.kill()
        process.communicate()


def test_a_call_is_shown_in_full(shell: Shell) -> None:
    order = shell.json("place-order", "SKU-00001")["items"][0]["orderId"]
    shell.says("faults", "add", "--id", "late", "--effect", "delay=1")
    shell.call(f"/orders/{order}?fields=nothing")
    lines = shell.says("journal", "show", "1").splitlines()
    assert "  client: acorn-sandbox." + shell.tenant in lines
    assert "  operation: getOrder" in lines
    assert "x-api-key: [redacted]" in lines
    assert shell.key not in "\n".join(lines)
    assert any(line.startswith("  against the contract, request: ") for line in lines)
    assert "call '2'" in shell.complains("journal", "show", "2")


def test_changes_and_keys_are_shown_too() -> None:
    message = {"headers": [], "bodyBytes": 0}
    call: Any = {
        "number": 3,
        "requestId": "r",
        "receivedAt": "2026-11-27T15:00:00.000Z",
        "method": "POST",
        "path": "/v1/x",
        "durationMs": 1.0,
        "verdict": "FAULT",
        "fault": "f",
        "effect": "lostResponse",
        "outcome": "LOST",
        "idempotencyKey": "k",
        "replayed": True,
        "request": message,
        "response": message,
        "requestErrors": [],
        "responseErrors": [{"message": "It is wrong."}],
        "changes": [{"table": "orders", "key": "o", "before": {"status": "NEW"}, "after": {"status": "SHIPPED"}}],
    }
    lines = journal._in_full(call)
    assert lines[0].endswith("/v1/x  [f] (replayed)")
    assert lines[0].split()[3] == "none"
    assert {"  fault: f (lostResponse)", "  outcome: LOST", "  idempotency key: k", "no answer"} <= set(lines)
    assert lines[-2:] == [
        "  against the contract, answer: It is wrong.",
        '  changed: orders o {"status": "NEW"} -> {"status": "SHIPPED"}',
    ]


def test_calls_that_found_no_operation_are_explained(shell: Shell) -> None:
    assert shell.says("journal", "unmatched") == "Every call has found its operation.\n"
    shell.call("/ordrs")
    assert shell.says("journal", "unmatched").splitlines()[1].split("  ")[-1].strip() == "GET /v1/orders"


def test_the_chain_is_verified(shell: Shell) -> None:
    shell.call("/orders")
    assert shell.says("journal", "verify") == "The chain is whole: 1 calls.\n"


def test_a_chain_that_is_broken_is_told_and_ends_with_1(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"whole": False, "entries": 9, "head": "", "brokenAt": 5, "reason": "Its content was changed."}
    monkeypatch.setattr(Sandbox, "call", lambda *_: found)
    result = shell.run("journal", "verify")
    assert (result.exit_code, result.stdout) == (1, "Call 5 does not fit: Its content was changed: 9 calls.\n")


@pytest.mark.parametrize(("name", "flags"), [("it.har", ()), ("it.ndjson", ()), ("it", ("--format", "ndjson"))])
def test_the_journal_is_written_into_a_file(shell: Shell, tmp_path: Path, name: str, flags: tuple[str, ...]) -> None:
    shell.call("/orders")
    shell.says("journal", "export", str(tmp_path / name), *flags)
    content = json.loads((tmp_path / name).read_text("utf-8"))
    assert ("log" in content) == (name == "it.har")


def test_every_verdict_has_a_colour() -> None:
    assert set(calls.STYLES) == {verdict.value for verdict in Verdict}


def test_what_would_work_a_terminal_is_spelt_out() -> None:
    assert printable("a\x1b[2Jb\u202eü") == "a\\x1b[2Jb\\x202eü"
