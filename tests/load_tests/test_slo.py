from pathlib import Path

import pytest

from load_tests import slo
from load_tests.errors import CannotRun
from load_tests.record import Outcome, Record


def promises(tmp_path: Path, text: str) -> slo.Promises:
    path = tmp_path / "slo.yaml"
    path.write_text(text)
    return slo.read(path)


def broken(tmp_path: Path, text: str, record: Record) -> list[tuple[str, str]]:
    return [(one.subject, one.limit) for one in promises(tmp_path, text).judge(record) if not one.kept]


def record(*calls: tuple[str, Outcome, float]) -> Record:
    made = Record()
    for operation, outcome, seconds in calls:
        made.note(operation, 0.0, outcome, seconds, 0.0)
    return made


def test_a_run_without_calls_breaks_its_promises_even_where_it_made_none(tmp_path: Path) -> None:
    assert broken(tmp_path, "", Record()) == [("run", "leastCalls")]


def test_too_few_calls_break_the_promise(tmp_path: Path) -> None:
    one = record(("listOrders", Outcome.ANSWERED, 0.1))
    assert broken(tmp_path, "run: {leastCalls: 2}", one) == [("run", "leastCalls")]
    assert broken(tmp_path, "run: {leastCalls: 1}", one) == []


def test_an_operation_that_was_to_be_called_and_was_not_breaks_the_promise(tmp_path: Path) -> None:
    one = record(("listOrders", Outcome.ANSWERED, 0.1))
    text = "operations: {createShipment: {leastCalls: 5}, refundReturn: {p99Ms: 1}}"
    assert broken(tmp_path, text, one) == [("createShipment", "leastCalls")]


def test_an_operation_s_own_limit_stands_instead_of_the_default(tmp_path: Path) -> None:
    two = record(("listOrders", Outcome.ANSWERED, 0.3), ("getOrder", Outcome.ANSWERED, 0.3))
    text = "default: {p50Ms: 200}\noperations: {getOrder: {p50Ms: 400}}"
    assert broken(tmp_path, text, two) == [("listOrders", "p50Ms")]


@pytest.mark.parametrize("limit", ["p50Ms: 299", "p95Ms: 299", "p99Ms: 299", "errorRate: 0.3", "throttleRate: 0.3"])
def test_each_limit_can_be_broken_and_kept(tmp_path: Path, limit: str) -> None:
    some = record(*(("listOrders", outcome, 0.3) for outcome in (Outcome.FAILED, Outcome.THROTTLED)))
    name, _, _ = limit.partition(":")
    assert broken(tmp_path, f"default: {{{limit}}}", some) == [("listOrders", name)]
    assert broken(tmp_path, f"default: {{{name}: 300}}", some) == []


def test_the_latency_of_a_few_calls_is_not_judged(tmp_path: Path) -> None:
    two = record(*[("listOrders", Outcome.FAILED, 0.3)] * 2)
    default = "default: {p99Ms: 1, errorRate: 0}"
    assert broken(tmp_path, f"run: {{judgedFrom: 3}}\n{default}", two) == [("listOrders", "errorRate")]
    limits = [limit for _, limit in broken(tmp_path, f"run: {{judgedFrom: 2}}\n{default}", two)]
    assert limits == ["p99Ms", "errorRate"]


def test_what_comes_with_the_sandbox_can_be_read() -> None:
    assert slo.read(slo.DEFAULT).run == {"leastCalls": 100, "judgedFrom": 50}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("operations: {listOrder: {p99Ms: 1}}", "operations knows no 'listOrder'; 'listOrders' is meant, perhaps"),
        ("default: {p98: 1}", "default knows no 'p98'"),
        ("everything: {}", "the file knows no 'everything'; there are default, operations, run"),
        ("default: {p99Ms: fast}", "p99Ms of default is to be a number from 0, not 'fast'"),
        ("default: {p99Ms: -1}", "not -1"),
        ("default: {p99Ms: .nan}", "not nan"),
        ("default: [1]", "default is to have members"),
        ("{", "is no YAML"),
    ],
)
def test_what_makes_no_promise_is_refused_in_a_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(CannotRun, match=complaint) as refusal:
        promises(tmp_path, text)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="No such file"):
        slo.read(tmp_path / "none.yaml")
