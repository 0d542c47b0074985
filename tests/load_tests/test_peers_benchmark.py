"""The comparison with other tools, with a peer that is written here instead of fetched."""

import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from load_tests.benchmarks import peers
from load_tests.benchmarks.peers import NotThere, Peer
from load_tests.benchmarks.report import Section
from load_tests.benchmarks.throughput import Sample, Work

PACKAGE = "answers@1"
ORDERS = {"items": [{"orderId": f"ord_{number}"} for number in range(20)]}
PROGRAM = f"""#!{sys.executable}
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = open(sys.argv[2] + "/" + ("list.json" if self.command == "GET" else "put.json"), "rb").read()
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_PUT = do_GET
    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def peer(**promised: float) -> Peer:
    named = {name.replace("_", " "): times for name, times in promised.items()}
    return Peer("Python", PACKAGE, "answers", lambda port, folder: [str(port), str(folder)], named)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of peers, with one that needs not be fetched."""
    monkeypatch.setattr(peers, "FOLDER", tmp_path)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}" if name == "npm" else None)
    program = tmp_path / "answers" / "node_modules" / ".bin" / "answers"
    program.parent.mkdir(parents=True)
    program.write_text(PROGRAM)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "answers" / "package.txt").write_text(PACKAGE)
    return tmp_path


def test_a_peer_gives_the_same_answers_and_is_compared(home: Path) -> None:
    section = peers.measure(lambda _: None, rounds=1, seconds=0.1, peers=[peer()])
    assert section.facts["missing"] == {}
    assert list(section.facts["list 20 orders"]) == ["bare ASGI", "sandbox, everything on", "Python"]
    assert section.facts["put 10 stock lines"]["Python"]["sandboxIsTimes"] > 0


def section(ours: float, theirs: float, missing: dict[str, str] | None = None, bare: float = 3200) -> Section:
    samples = {"bare ASGI": bare, "sandbox, everything on": ours, "Python": theirs}
    medians = {"list 20 orders": {name: Sample(pace, 0.001, 0.002, 0.0) for name, pace in samples.items()}}
    return peers._section(medians, missing or {}, [peer(list_20_orders=8)])


def test_a_promise_is_kept_from_so_many_times_on() -> None:
    assert section(800, 100).broken == []
    assert section(799, 100, bare=1000).broken == ["list 20 orders: 7.99 times Python, 8 times were promised"]
    assert section(800, 100, bare=4000).broken == ["list 20 orders: 0.20 times bare ASGI, 0.25 times were promised"]


def test_what_could_not_be_had_is_no_kept_promise() -> None:
    assert section(800, 100, {"Prism": "there is no npm here"}).broken == [
        "Prism is missing, so that nothing is known of it: there is no npm here"
    ]


@pytest.mark.parametrize(("there", "complaint"), [(["npm"], "there is no java here"), ([], "there is no npm here")])
def test_what_a_peer_needs_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: list[str], complaint: str
) -> None:
    monkeypatch.setattr(peers, "FOLDER", tmp_path)
    monkeypatch.setattr("shutil.which", lambda name: name if name in there else None)
    with pytest.raises(NotThere, match=complaint):
        peers.fetched(peers.PEERS[-1])


def test_a_package_that_npm_does_not_fetch_is_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "answers" / "package.txt").write_text("answers@0")
    monkeypatch.setattr("shutil.which", lambda _: sys.executable)
    with pytest.raises(NotThere, match="npm does not fetch answers@1: "):
        peers.fetched(peer())


def test_peers_are_given_the_two_operations_and_the_sandbox_s_answers(tmp_path: Path) -> None:
    answers: list[Any] = [ORDERS, {"accepted": 10}]
    peers.describe(tmp_path, [Work(str(number), "", json.dumps(one).encode()) for number, one in enumerate(answers)])
    document = json.loads((tmp_path / "api.json").read_text())
    assert set(document["paths"]) == {"/v1/orders", "/v1/inventory"}
    assert (
        document["paths"]["/v1/orders"]["get"]["responses"]["200"]["content"]["application/json"]["example"] == ORDERS
    )
    stub = json.loads((tmp_path / "mappings" / "reportInventory.json").read_text())
    assert (stub["request"]["method"], stub["response"]["jsonBody"]) == ("PUT", {"accepted": 10})
