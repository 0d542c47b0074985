"""The files of a report."""

from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import orjson

from sandbox_server.reporting.documents import WRITERS, har_of, json_of, ndjson_of, save
from sandbox_server.reporting.findings import Report
from sandbox_server.reporting.junit import Case, Suite, junit, junit_of
from sandbox_server.reporting.pages import page_of
from tests.reporting.samples import CALL, OF_THE_RUN, a_finding, a_report

MANY = a_report(*(a_finding(number, f"/items/{number}/status") for number in range(1, 31)), OF_THE_RUN)


def parsed(document: bytes) -> ET.Element:
    return ET.fromstring(document)  # noqa: S314 - our own


class Page(HTMLParser):
    """Tags with what they load, and the text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [str(value) for name, value in attrs if name in {"src", "href", "srcset", "action"}]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_form_is_written_into_the_folder(tmp_path: Path) -> None:
    files = save(MANY, tmp_path / "a" / "b")
    assert [file.name for file in files] == list(WRITERS)
    assert all(file.stat().st_size for file in files)


def test_json_has_a_group_for_each_kind() -> None:
    content = orjson.loads(json_of(MANY))
    assert (content["isClean"], content["calls"], content["findings"]) == (False, 9, 31)
    first, second = content["groups"]
    assert (first["count"], first["where"], first["numbers"]) == (30, "/items/*/status", list(range(1, 31)))
    assert first["curl"][0].startswith("curl ")
    assert "number" not in first
    assert second == {
        "operationId": "listOrders", "check": "never-reached", "message": "No call reached it.", "side": "run",
        "count": 1, "numbers": [], "where": "",
    }  # fmt: skip
    assert content["coverage"][0]["missing"] == ["400"]
    assert content["keywords"] == {"enum": 3, "type": 0}


def test_lines_say_what_they_are() -> None:
    lines = [orjson.loads(line) for line in ndjson_of(MANY).splitlines()]
    assert [line["type"] for line in lines] == ["report", *["finding"] * 31, "coverage", "coverage"]
    assert lines[1]["number"] == 1


def test_the_archive_has_each_call_once_in_order() -> None:
    log = orjson.loads(har_of(a_report(a_finding(9), a_finding(2), a_finding(9, "/total"))))["log"]
    assert [entry["_number"] for entry in log["entries"]] == [2, 9]
    assert log["entries"][0]["request"]["postData"]["text"] == CALL.request_body.decode()


def test_junit_counts_what_failed_and_shows_what_held() -> None:
    root = parsed(junit_of(MANY))
    assert root.attrib | {"time": ""} == {
        "name": "Judgement", "tests": "2", "failures": "2", "errors": "0", "skipped": "0", "time": "",
    }  # fmt: skip
    case = root.find(".//testsuite[@name='reportInventory']/testcase")
    assert case is not None
    assert case.attrib["name"] == "schema.enum response /items/*/status"
    failure = case.find("failure")
    assert failure is not None
    assert "and 10 more" in str(failure.text)
    assert 'seen: "<b>"' in str(failure.text)
    held = parsed(junit_of(a_report()))
    assert [case.attrib["name"] for case in held.iter("testcase")] == ["contract"]
    assert held.attrib["failures"] == "0"


def test_junit_of_nothing_is_a_case_that_held() -> None:
    assert parsed(junit_of(Report(title="t", subject="s", calls=0))).attrib["tests"] == "1"


def test_junit_says_what_was_skipped_and_what_nobody_knows() -> None:
    cases = (Case(name="a", skipped="no need", seconds=0.25), Case(name="b", error="our fault\x00"), Case(name="c"))
    root = parsed(junit("plan", [Suite("auth", cases)]))
    assert (root.attrib["skipped"], root.attrib["errors"], root.attrib["time"]) == ("1", "1", "0.250")
    error = root.find(".//error")
    assert error is not None
    assert error.attrib["message"] == "our fault\N{REPLACEMENT CHARACTER}"


def test_the_page_needs_nothing_else_and_runs_nothing() -> None:
    page = Page(page_of(MANY))
    assert page.loads == []
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert "url(" not in page_of(MANY)


def test_the_page_says_what_was_found_and_escapes_it() -> None:
    source = page_of(MANY)
    assert '<b>"' not in source
    text = Page(source).text
    for told in (
        "31 findings",
        "traffic.har",
        '"<b>"',
        "/items/*/status",
        "\N{MULTIPLICATION SIGN} 30",
        "and 10 more",
        "curl -sS",
        "418 \N{MULTIPLICATION SIGN} 1",
    ):
        assert told in text, told


def test_operations_that_nobody_called_are_listed_apart() -> None:
    assert "1 operation not reached listOrders" in " ".join(Page(page_of(MANY)).text.split())


def test_a_clean_page_says_so() -> None:
    assert "nothing found" in Page(page_of(a_report())).text
