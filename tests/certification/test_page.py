"""The page of a certification: what it says, in both languages, and that it stands alone."""

import re
from typing import Any

import pytest

from sandbox_server.certification.checks import CHECKS
from sandbox_server.certification.languages import LANGUAGES, catalogue
from sandbox_server.certification.page import page
from sandbox_server.certification.plan import plan_ids
from sandbox_server.certification.scenarios import SCENARIOS

CALLS: list[dict[str, Any]] = [
    {"number": 7, "status": 0, "key": "k1", "fault": "flt_1", "effect": "lostResponse", "second": 0},
    {"number": 8, "status": 409, "key": "k2", "second": 30},
    {"number": 9, "status": 200, "key": "k1", "second": 60},
]


def report(verdict: str = "FAIL", overall: str = "NOT_CERTIFIED", **changes: Any) -> dict[str, Any]:
    breach = {"entries": (7, 8), "breach": "It <b>was</b> sent again.", "scenario": "answers-lost"}
    check = {
        "id": "retry.same-key",
        "level": "MUST",
        "version": 1,
        "title": "A repetition has the key of the first try",
        "clause": "Conventions",
        "scenarios": ["answers-lost"],
        "verdict": verdict,
        "reason": "It was sent again.",
        "why": "Two parcels.",
        "mend": "Keep the key.",
        "occasions": 2,
        "breaches": [breach] if verdict == "FAIL" else [],
        "held": [{"scenario": "answers-lost", "entries": (9,)}],
    }
    calls = [
        {
            "seconds": one["second"] / 60,
            "ms": 1.0,
            "at": f"2026-11-27T15:{one['second'] // 60:02}:{one['second'] % 60:02}.000Z",
            "operation": "acknowledgeOrder",
            "method": "POST",
            "path": "/v1/orders/ord_1/acknowledge",
            "verdict": "OK",
            **{name: value for name, value in one.items() if name != "second"},
        }
        for one in CALLS
    ]
    scenario = {
        "id": "answers-lost",
        "title": "Answers are lost",
        "scale": 60,
        "startedAt": "2026-11-27T15:00:00.000Z",
        "endedAt": "2026-11-27T15:02:00.000Z",
        "client": [{"ended": "CRASHED", "exit": 3, "seconds": 1.0}],
        "failure": "",
        "faults": [],
        "acts": [{"at": "2026-11-27T15:01:00.000Z", "act": "placeOrders"}],
        "calls": calls,
    }
    return {
        "tool": "acorn-sandbox 0",
        "plan": "chain-core@1",
        "planHash": "c" * 64,
        "title": "The essentials",
        "overall": overall,
        "reasons": ["Broken, and has to hold: retry.same-key."] if verdict == "FAIL" else [],
        "madeAt": "2026-11-27T15:02:00+00:00",
        "command": "node <script>alert(1)</script>",
        "manifest": {},
        "waivers": {},
        "preflight": [{"name": "reached the marketplace", "works": True, "said": "3 calls came.", "remedy": ""}],
        "checks": [check],
        "scenarios": [scenario],
        **changes,
    }


def lane(text: str, kind: str) -> list[int]:
    """Return where the calls' picture has marks of a kind."""
    picture = text[text.index('aria-label="acknowledgeOrder: 3"') :]
    found = re.search(rf'class="m-{kind}" d="([^"]*)"', picture[: picture.index("</svg>")])
    return [int(place) for place in re.findall(r"M(\d+) ", found[1])] if found else []


def test_it_says_what_is_wrong_what_it_costs_and_what_to_change() -> None:
    text = page(report())

    for said in (
        "Not certified",
        "Broken, and has to hold: retry.same-key.",
        "A repetition has the key of the first try",
        "Two parcels.",
        "Keep the key.",
    ):
        assert said in text
    assert "The client crashed in this scenario: it ended by itself, with status 3." in text
    assert '<span class="tag odd">Crashed</span>' in text


def test_names_in_a_text_stand_out_and_nothing_in_it_is_markup() -> None:
    told = report()
    told["checks"][0]["mend"] = "Send `<key>` & wait."

    assert "Send <code>&lt;key&gt;</code> &amp; wait." in page(told)


def test_a_certificate_says_how_long_it_is_good_for() -> None:
    text = page(report("PASS", "CERTIFIED", certificate={"expiresAt": "2027-02-25T15:00:00.000Z"}))

    assert "2027-02-25" in text
    assert "Nothing. Every check that applies to this client was met and passed." in text
    assert "2027" not in page(report())


def test_what_a_client_has_sent_is_text_and_no_markup() -> None:
    text = page(report())

    assert "<script" not in text
    assert "It &lt;b&gt;was&lt;/b&gt; sent again." in text


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert not re.findall(r'(?:src|href)="(?!#)|url\(|@import', page(report()))


def test_every_link_leads_to_a_call_on_the_page() -> None:
    text = page(report())

    links, places = set(re.findall(r'href="#([^"]*)"', text)), set(re.findall(r'id="([^"]*)"', text))
    assert {"answers-lost-7", "answers-lost-8"} <= links <= places
    assert "answers-lost-9" in places


def test_the_picture_shows_calls_in_time_with_faults_repetitions_and_breaches() -> None:
    text = page(report())

    assert {kind: lane(text, kind) for kind in ("good", "odd", "bad", "fault", "again", "breach")} == {
        "good": [500],
        "odd": [250],
        "bad": [0],
        "fault": [0],
        "again": [500],
        "breach": [0, 250],
    }
    assert '<path class="m-act" d="M500 10h0"><title>placeOrders</title>' in text


def test_a_client_that_did_not_get_through_is_told_why() -> None:
    step = {"name": "was let in", "works": False, "said": "The secret was refused.", "remedy": "Send the right one."}
    text = page(report(preflight=[step]))

    assert "The secret was refused." in text
    assert "Send the right one." in text
    assert "Did it get through?" not in page(report())


@pytest.mark.parametrize("overall", ["CERTIFIED", "CERTIFIED_WITH_WARNINGS", "NOT_CERTIFIED", "INCOMPLETE", "VOID"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_outcome_is_said_in_every_language(language: str, overall: str) -> None:
    text = page(report("NOT_EXERCISED", overall), language)

    assert f'<html lang="{language}">' in text
    assert catalogue(language)["page"][f"means.{overall}"] in text


def test_a_page_in_chinese_has_no_sentence_in_english_but_what_users_wrote() -> None:
    reasons = [
        "Broken, and has to hold: retry.same-key, a.check, b.check and 2 more.",
        "Stopped before these were played to their end: working-day, outage.",
        "The client crashed in answers-lost (status 3).",
    ]
    told = report(plan="chain-core@1 (in part)", reasons=reasons, command="node")
    told["checks"][0] |= {"breaches": [], "reason": "Too slow to be judged: What this judges never happened."}
    text = re.sub(r"<style>.*?</style>|<[^>]*>", "|", page(told, "zh"), flags=re.DOTALL)

    assert "chain-core@1\N{FULLWIDTH LEFT PARENTHESIS}部分\N{FULLWIDTH RIGHT PARENTHESIS}" in text
    assert re.findall(r"[a-z]+ [a-z]+[ a-z]*", text) == []


def test_both_languages_have_the_same_words() -> None:
    english, chinese = (catalogue(language)["page"] for language in LANGUAGES)

    assert english.keys() == chinese.keys()
    assert {
        name for name in english if re.findall(r"{\w+}", english[name]) != re.findall(r"{\w+}", chinese[name])
    } == set()


def test_every_check_and_scenario_has_its_words_in_chinese() -> None:
    words = catalogue("zh")

    assert words["checks"].keys() == CHECKS.keys()
    assert all(told.keys() == {"title", "why", "mend"} and all(told.values()) for told in words["checks"].values())
    assert words["scenarios"].keys() == SCENARIOS.keys()
    assert words["plans"].keys() >= set(plan_ids())
