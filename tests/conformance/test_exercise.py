"""A run that has exercised nothing has shown nothing."""

from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from sandbox_server.conformance import exercise
from sandbox_server.conformance.document import Document
from sandbox_server.conformance.errors import Misconfigured
from sandbox_server.conformance.record import Record
from sandbox_server.conformance.run import run
from sandbox_server.conformance.session import Assignment
from sandbox_server.conformance.suites import Suite
from sandbox_server.conformance.target import Access
from sandbox_server.resources import contract_path

DOCUMENT = Document(contract_path("marketplace.yaml"))
BUSY = {one.operation_id: Counter(dict.fromkeys(one.statuses, 1)) for one in DOCUMENT.operations.values()}
KEY = Access(api_key="some-key")


def told(*, reaches: bool = True, covers: bool = True, **seen: dict[str, int]) -> list[tuple[str, str, str]]:
    """Return what is found idle where every operation but these has answered with every status."""
    record = Record()
    record.seen.update({**BUSY, **{name: Counter(statuses) for name, statuses in seen.items()}})
    covered = exercise.coverage(DOCUMENT, record, exercise.excuses(has_operator=True))
    found = exercise.idle(covered, reaches=reaches, covers=covers)
    return [(one.check, one.operation, one.expected) for one in found]


def test_nothing_is_idle_where_everything_was_seen() -> None:
    assert told() == []


def test_an_operation_without_a_success_is_told() -> None:
    assert told(getOrder={"401": 9}, covers=False) == [("exercise_reach", "getOrder", "200")]
    assert told(getOrder={}, covers=False) == [("exercise_reach", "getOrder", "200")]
    assert told(getOrder={"401": 9}, covers=False, reaches=False) == []


def test_a_status_that_was_never_seen_is_told_unless_it_is_excused() -> None:
    seen = dict(BUSY["requestTransfer"])
    del seen["404"], seen["409"]
    assert told(requestTransfer=seen) == [("exercise_status", "requestTransfer", "404")]
    assert told(requestTransfer=seen, covers=False) == []


def test_a_run_without_a_single_success_is_not_clean_whatever_the_suite_asks() -> None:
    nothing = {name: {"401": 1} for name in BUSY}
    assert told(reaches=False, covers=False, **nothing) == [("exercise", "", "")]


def test_every_excuse_is_for_something_that_the_contract_has() -> None:
    for has_operator in (True, False):
        for name, statuses in exercise.excuses(has_operator=has_operator).items():
            assert name == exercise.EVERY or set(statuses) <= set(DOCUMENT.operations[name].statuses)


class Closed(BaseHTTPRequestHandler):
    """Answers everything with 401, but for what a suite looks at first, where it is told to."""

    lets_in: ClassVar[list[str]] = []

    def answer(self) -> None:
        good = self.path in self.lets_in
        if good:
            self.lets_in.remove(self.path)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200 if good else 401)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST = answer  # noqa: N815 - as it is looked for

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def closed() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Closed) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def test_a_server_that_lets_nobody_in_is_no_clean_run(closed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Misconfigured, match=r"There is no marketplace at .*, whose GET /health answers 401"):
        run(Assignment(base_url=closed, access=KEY))
    monkeypatch.setattr(Closed, "lets_in", ["/v1/health"])
    with pytest.raises(Misconfigured, match="does not let in the API key som…: it answers 401"):
        run(Assignment(base_url=closed, access=KEY))


def test_a_server_that_shuts_its_doors_after_the_first_look_is_no_clean_run(
    closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Closed, "lets_in", ["/v1/health", "/v1/rate-limits"])
    report = run(Assignment(base_url=closed, access=KEY), Suite.FULL).report
    assert "exercise" in {finding.check for finding in report.findings}
    assert report.calls < 10
