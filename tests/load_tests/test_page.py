import re
from typing import Any

import pytest

from load_tests.charts import Chart, Line, Mark
from load_tests.comparison import compare
from load_tests.errors import CannotRun
from load_tests.page import page_of
from load_tests.record import Outcome, Record
from load_tests.result import Books, Oracle, _reasons, result
from load_tests.slo import Promises
from load_tests.world import Audit

RUN = {
    "profile": "steady",
    "about": "The same all the time.",
    "source": "Ours.",
    "url": "http://127.0.0.1/v1",
    "fixture": "small_chain",
    "throttle": "off",
    "seconds": 3.0,
    "users": {"order_poller": 2},
    "pace": 1.0,
    "ordersPerMinute": 5.0,
    "seed": 1,
    "processes": 1,
}


def report(oracle: Oracle, sample: str = "") -> dict[str, Any]:
    record = Record()
    for second in range(3):
        record.note("listOrders", second, Outcome.ANSWERED, 0.01, 0.5)
    for second, part, waiting in ((0, 0, 3), (0, 1, 4), (2, 1, 9)):
        record.gauge(second, "backlog", part, waiting)
    if sample:
        record.sample(sample)
    found = {"record": record.packed(), "seconds": 3.0, "busy": False, "exceptions": [], "interrupted": False}
    return result(RUN, found, Promises({}, {"p99Ms": 1000.0}, {}), oracle)


WHOLE = Oracle([Audit(0, 0.1, True, []), Audit(3, 0.1, True, [])], [Books("orders", 5, 5)])


def test_a_run_whose_promises_and_books_hold_has_passed() -> None:
    passed = report(WHOLE)
    assert (passed["verdict"], passed["reasons"]) == ("PASSED", [])
    assert passed["operations"]["listOrders"]["opened"]["p50Ms"] == 510
    assert passed["operations"]["listOrders"]["closed"]["p50Ms"] == 10


def test_a_long_wait_is_told_in_plain_digits() -> None:
    slow = Promises({}, {"p50Ms": 0.5, "p99Ms": 200.0}, {})
    record = Record()
    record.note("listOrders", 1, Outcome.ANSWERED, 12.5, 25.0)
    assert [one.split(": ")[1] for one in _reasons(slow.judge(record))] == [
        "p50Ms is 37500, and is to be 0.5 at the most",
        "p99Ms is 37500, and is to be 200 at the most",
    ]


def test_a_process_has_waiting_what_it_last_said_and_all_of_them_add_up() -> None:
    assert [row["backlog"] for row in report(WHOLE)["seconds"]] == [7, 7, 12]


def test_a_run_that_was_fast_and_wrong_has_failed() -> None:
    broken = Audit(2, 0.1, False, ["2. No oversell. S1: 3 of 2"])
    failed = report(Oracle([Audit(0, 0.1, True, []), broken, broken], [Books("shipments", 5, 6)]))
    assert failed["verdict"] == "FAILED"
    assert failed["reasons"] == [
        "the audit after 2 s: 2. No oversell. S1: 3 of 2",
        "5 shipments were made, and there are 6",
    ]


def test_the_page_stands_alone_and_says_what_there_is_to_say() -> None:
    page = page_of(report(WHOLE) | {"comparison": compare(report(WHOLE), report(WHOLE))})
    assert "steady: every promise was kept" in page
    assert "<b>whole</b>" in page
    assert page.count("<svg") == 5
    assert "Beside the run of" in page
    assert not re.search(r"(src|href)=|@import|url\(", page)


def test_what_a_server_said_is_shown_and_not_obeyed() -> None:
    page = page_of(report(Oracle([], [], "it is none"), sample="<script>alert(1)</script>"))
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "The books were not audited: it is none." in page


def test_runs_without_an_operation_in_common_are_not_compared() -> None:
    with pytest.raises(CannotRun, match="no operation in common"):
        compare(report(WHOLE), report(WHOLE) | {"operations": {}})


def test_a_comparison_says_what_else_was_different() -> None:
    other = report(WHOLE)
    other["run"] = {**other["run"], "processes": 2, "users": {"store_terminal": 6, "order_poller": 1}}
    compared = compare(report(WHOLE), other)
    assert compared["otherwise"]["processes"] == [1, 2]
    assert compared["otherwise"]["users"][1] == "6 store terminal, 1 order poller"
    assert compared["rows"][-1]["calls"] == {"before": 3, "after": 3, "ratio": 1.0}


@pytest.mark.parametrize(("value", "top"), [(0, 1), (1, 1), (1.5, 2), (2.1, 5), (7, 10), (0.03, 0.05), (999, 1000)])
def test_a_scale_ends_at_something_that_can_be_read(value: float, top: float) -> None:
    assert Chart("", "", [Line("", "first", [value])], 1).top == pytest.approx(top)


def test_a_curve_fills_its_drawing() -> None:
    line = Line("", "first", [0, 5, 10])
    chart = Chart("", "", [line], 3, [Mark(1, "good", "")])
    assert chart.points(line) == "0.0,200.0 500.0,100.0 1000.0,0.0"
    assert chart.across(99) == 1000
