import json

import pytest

from load_tests.latencies import Latencies
from load_tests.record import Outcome, Record, Tally, outcome


def test_a_quantile_is_the_latency_that_so_many_do_not_exceed() -> None:
    latencies = Latencies()
    for milliseconds in range(1, 101):
        latencies.add(milliseconds / 1000)
    assert [latencies.quantile(part) for part in (0.5, 0.99, 1.0)] == [0.05, 0.099, 0.1]
    assert Latencies().quantile(0.99) == 0.0


def test_latencies_are_kept_to_three_digits_whatever_their_size() -> None:
    latencies = Latencies()
    for seconds in (0.0, 0.00012345, 1.2345, 123.45):
        latencies.add(seconds)
    assert latencies.counts() == {"0.0": 1, "0.000123": 1, "1.23": 1, "123.0": 1}


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (200, None, Outcome.ANSWERED),
        (201, None, Outcome.ANSWERED),
        (0, None, Outcome.FAILED),
        (200, OSError(), Outcome.FAILED),
        (404, OSError(), Outcome.FAILED),
        (409, OSError(), Outcome.REFUSED),
        (429, OSError(), Outcome.THROTTLED),
        (500, None, Outcome.FAILED),
    ],
)
def test_a_status_says_what_came_of_a_call(status: int, error: Exception | None, expected: Outcome) -> None:
    assert outcome(status, error) is expected


def test_what_may_be_refused_is_no_failure() -> None:
    assert outcome(422, OSError(), may_refuse=True) is Outcome.REFUSED
    assert outcome(500, OSError(), may_refuse=True) is Outcome.FAILED


def test_a_call_that_began_late_is_slow_in_the_open_model_only() -> None:
    tally = Tally()
    tally.note(Outcome.ANSWERED, closed=0.01, late=2.0)
    assert (tally.closed.quantile(1), tally.opened.quantile(1)) == (0.01, 2.01)


def test_a_call_that_never_began_counts_in_the_open_model_only() -> None:
    tally = Tally()
    tally.note_unstarted(3.0)
    assert (tally.calls, tally.unstarted, tally.closed.total, tally.opened.quantile(1)) == (0, 1, 0, 3.0)


def test_records_of_two_processes_add_up_after_their_way_as_json() -> None:
    one, other = Record(), Record()
    one.note("listOrders", 0.5, Outcome.ANSWERED, 0.01, 0.0)
    other.note("listOrders", 0.7, Outcome.THROTTLED, 0.02, 0.0)
    other.note("createShipment", 1.2, Outcome.FAILED, 0.03, 0.0)
    one.gauge(0.5, "backlog", 0, 3)
    other.gauge(0.7, "backlog", 1, 4)
    other.sample("createShipment: 500")
    one.merge(Record.unpacked(json.loads(json.dumps(other.packed()))))
    assert one.total().calls == 3
    assert one.operations["listOrders"].rate(Outcome.THROTTLED) == 0.5
    assert {second: tally.calls for second, tally in one.seconds.items()} == {0: 2, 1: 1}
    assert one.gauges == {0: {"backlog": {"0": 3, "1": 4}}}
    assert one.samples == ["createShipment: 500"]


def test_few_samples_are_kept() -> None:
    record = Record()
    for number in range(100):
        record.sample(str(number))
    assert len(record.samples) == Record.MOST_SAMPLES
