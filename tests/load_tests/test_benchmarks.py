import json
from pathlib import Path

import pytest

from load_tests.benchmarks import bench, throughput, workers
from load_tests.benchmarks.generator import Connection, Plan, Tally, length, requests
from load_tests.benchmarks.processes import Tell
from load_tests.benchmarks.report import Section
from tests.commands.shell import type_in


def test_every_request_has_a_number_and_a_quantity_of_its_own() -> None:
    feed = requests(Plan(port=1, request='{"sequence":1@@@@@@@@@@,"onHand":###}', seconds=1, first=41))
    assert [next(feed) for _ in range(2)] == [
        b'{"sequence":10000000041,"onHand":141}',
        b'{"sequence":10000000042,"onHand":142}',
    ]


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", 0),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nA: b\r\n\r\n", 57),
        (b"HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\n{}", 39),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", 0),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 59),
    ],
)
def test_an_answer_s_length_is_known_once_its_head_is_there(received: bytes, expected: int) -> None:
    assert length(received) == expected


def test_an_answer_that_is_not_200_is_a_failure() -> None:
    tally, connection = Tally(), Connection.__new__(Connection)
    connection.started, connection.received = 1.0, b"HTTP/1.1 500 Internal Server Error\r\n\r\n"
    tally.take(connection, now=1.5)
    load = tally.result(seconds=2.0)
    assert (load.answers, load.p50, load.failure[:12]) == (1, 0.5, "HTTP/1.1 500")


def test_the_three_servers_do_the_same_work() -> None:
    """Each answer is looked at: one that is not 200 ends the measurement with an error."""
    section = throughput.measure(rounds=1, seconds=0.2)
    assert list(section.facts) == ["list 20 orders", "put 10 stock lines"]
    for work in section.facts.values():
        assert list(work) == ["bare", "sandbox", "stock"]
        assert work["bare"]["ofBare"] == 1.0


def test_a_broken_promise_is_shown_and_written_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    section = Section("pace", "Pace", ("what", "figure"), [("it", "1")], {"it": 1}, ["it was to be 2"])
    assert bench.run({"pace": lambda _: section}, tmp_path / "facts.json") is True
    assert json.loads((tmp_path / "facts.json").read_text()) == {"pace": {"it": 1, "broken": ["it was to be 2"]}}
    assert "it was to be 2" in capsys.readouterr().out


def test_tables_are_written_as_markdown_under_the_command_that_made_them(tmp_path: Path) -> None:
    rows = [("[bold]list[/bold]", ""), ("  it | that", "1.00")]
    section = Section("pace", "Pace", ("", "of bare"), rows, {}, ["it was to be 2"])
    bench.run({"pace": lambda _: section}, markdown_path=tmp_path / "pace.md", command="acorn-sandbox bench")
    told, *lines = (tmp_path / "pace.md").read_text().splitlines()
    assert told.startswith("`acorn-sandbox bench`: ")
    assert lines == [
        "",
        "**Pace**",
        "",
        "|  | of bare |",
        "| --- | ---: |",
        "| **list** |  |",
        "| it \\| that | 1.00 |",
        "",
        "- Broken promise: it was to be 2",
    ]


def test_ctrl_c_keeps_what_was_measured_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def stopped(_: Tell) -> Section:
        raise KeyboardInterrupt

    whole, part = (Section(name, name, ("",), [], {}, interrupted=name == "part") for name in ("whole", "part"))
    never = Section("never", "never", ("",), [], {})
    parts = {"whole": lambda _: whole, "next": stopped, "never": lambda _: never}
    assert bench.run(parts, tmp_path / "facts.json") is False
    assert list(json.loads((tmp_path / "facts.json").read_text())) == ["whole"]
    assert "Stopped while next was measured." in capsys.readouterr().out
    assert bench.run({"part": lambda _: part, "never": lambda _: never}, tmp_path / "facts.json") is False
    assert list(json.loads((tmp_path / "facts.json").read_text())) == ["part"]
    assert "It was stopped before it was whole." in capsys.readouterr().out


def test_the_command_is_told_as_it_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(workers.VARIABLE, raising=False)
    path = tmp_path / "workers.md"
    assert type_in("bench", "--only", "workers", "--markdown", str(path)).exit_code == 0
    assert path.read_text().startswith("`acorn-sandbox bench --only workers`: ")
