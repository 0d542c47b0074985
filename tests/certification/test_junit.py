"""A certification as a CI system reads it."""

from typing import Any
from xml.etree import ElementTree as ET

from sandbox_server.certification.junit import junit


def a_check(check_id: str, verdict: str, level: str = "MUST") -> dict[str, Any]:
    return {
        "id": check_id,
        "verdict": verdict,
        "level": level,
        "reason": "",
        "why": "It matters.",
        "mend": "Do it once.",
        "breaches": [{"breach": "Call 7 came twice."}],
    }


REPORT = {
    "plan": "chain-core@1",
    "waivers": ["d"],
    "notPlayed": ["outage"],
    "scenarios": [
        {"id": "killed", "client": [{"ended": "KILLED_BY_SCENARIO"}, {"ended": "CRASHED"}]},
        {"id": "poison", "client": [{"ended": "STOPPED"}]},
    ],
    "checks": [
        a_check("a", "PASS"),
        a_check("b", "FAIL"),
        a_check("c", "NOT_EXERCISED"),
        a_check("d", "FAIL"),
        a_check("e", "NOT_EXERCISED", "SHOULD"),
        a_check("f", "WARN", "SHOULD"),
        a_check("g", "HARNESS_ERROR"),
        a_check("h", "NOT_APPLICABLE"),
    ],
}


def test_each_check_is_a_case_that_held_failed_was_skipped_or_is_unknown() -> None:
    root = ET.fromstring(junit(REPORT))  # noqa: S314 - our own
    outcomes = {case.attrib["name"]: [child.tag for child in case] for case in root.iter("testcase")}
    skipped = ["skipped"]
    failed = {"b": ["failure"], "c": ["failure"], "g": ["error"], "client runs": ["failure"]}
    assert outcomes == {"a": [], **failed, "d": skipped, "e": skipped, "f": skipped, "h": skipped, "outage": skipped}
    counts = {name: root.attrib[name] for name in ("name", "tests", "failures", "errors", "skipped")}
    assert counts == {"name": "chain-core@1", "tests": "10", "failures": "3", "errors": "1", "skipped": "5"}


def test_a_client_that_crashed_fails_though_every_check_held() -> None:
    report = {**REPORT, "checks": [a_check("a", "PASS")]}
    (failure,) = ET.fromstring(junit(report)).iter("failure")  # noqa: S314 - our own
    assert failure.attrib["message"] == "The client crashed in killed."


def test_a_failure_says_what_broke_why_it_matters_and_how_to_mend_it() -> None:
    failure = ET.fromstring(junit(REPORT)).find(".//failure")  # noqa: S314 - our own
    assert failure is not None
    assert (failure.attrib["message"], failure.text) == ("FAIL", "It matters.\nDo it once.\nCall 7 came twice.")
