"""`faults`, typed against a running sandbox."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox_server.commands.faults import effect_named
from tests.commands.shell import Shell


def rules(shell: Shell) -> list[Any]:
    items: list[Any] = shell.json("faults")["items"]
    return items


def test_a_rule_is_added_by_flags(shell: Shell) -> None:
    said = shell.says(
        *("faults", "add", "--id", "lost", "--operation", "acknowledgeOrder", "--effect", "lostResponse"),
        *("--max-count", "1", "--store", "S0001", "--credential", "acorn-sandbox", "--header", "X-Canary=true=1"),
        *("--probability", "0.5", "--seed", "7", "--skip-first", "2"),
        *("--after-ms", "1", "--duration-ms", "60000", "--ttl-ms", "90000"),
    )
    assert said == "lost  lostResponse  acknowledgeOrder, store S0001, credential acorn-sandbox, X-Canary: true=1\n"
    (rule,) = rules(shell)
    assert rule["match"]["headers"] == {"X-Canary": "true=1"}
    numbers = ("probability", "seed", "skipFirst", "maxCount", "afterMs", "durationMs", "ttlMs")
    assert [rule[name] for name in numbers] == [0.5, 7, 2, 1, 1, 60000, 90000]
    assert "50% of them, after 2 calls, 1 at most, after 1 ms, for 60000 ms, gone after 90000 ms" in shell.says(
        "faults", "list"
    )


def test_the_table_counts_what_was_matched_and_played(shell: Shell) -> None:
    shell.says(
        "faults", "add", "--id", "twice", "--operation", "listOrders", "--effect", "error=503", "--max-count", "2"
    )
    assert [shell.call("/orders?limit=1").status_code for _ in range(3)] == [503, 503, 200]
    head, row = shell.says("faults").splitlines()
    assert head.split() == ["id", "calls", "effect", "when", "matched", "played"]
    assert row.split() == [
        "1",
        "twice",
        "listOrders",
        "error",
        '{"status":',
        "503}",
        "2",
        "at",
        "most",
        "3",
        "2",
    ]


def test_no_rules_are_told_as_that(shell: Shell) -> None:
    assert shell.says("faults") == "There are no rules: nothing is broken on purpose.\n"


@pytest.mark.parametrize("shape", ["rule", "list", "items"])
def test_rules_come_from_a_file_or_from_standard_input(shell: Shell, tmp_path: Path, shape: str) -> None:
    rule = {"id": "one", "enabled": False, "effect": {"lostResponse": True}}
    content: Any = {"rule": rule, "list": [rule], "items": {"items": [rule]}}[shape]
    (tmp_path / "rules.json").write_text(json.dumps(content), "utf-8")
    assert shell.says("faults", "add", str(tmp_path / "rules.json")) == "one  lostResponse  every call\n"
    assert "  off  " in shell.says("faults")
    shell.says("faults", "clear")
    assert shell.json("faults", "add", "-", typed=json.dumps(content))["id"] == "one"


def test_several_rules_are_told_as_several(shell: Shell) -> None:
    two = json.dumps([{"effect": {"lostResponse": True}}, {"effect": {"error": {"status": 503}}}])
    assert len(shell.json("faults", "add", "-", typed=two)["items"]) == 2


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [("{", "is no JSON"), ("[]", "has neither a rule nor a list"), ("7", "has neither a rule nor a list")],
)
def test_a_file_without_rules_is_a_wrong_use(shell: Shell, typed: str, complaint: str) -> None:
    assert complaint in shell.misuses("faults", "add", "-", typed=typed)


def test_a_rule_comes_by_flags_or_from_a_file_not_both(shell: Shell) -> None:
    assert "not both" in shell.misuses("faults", "add", "-", "--probability", "0", typed="{}")
    assert "not both" in shell.misuses("faults", "add", "-", "--header", "A=b", typed="{}")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--operation", "acknowlegeOrder", "--effect", "lostResponse"), "Was acknowledgeOrder meant?"),
        (("--effect", "lostRespons"), "Was lostResponse meant?"),
        (("--effect", "lostResponse", "--probability", "1.5"), "/probability: It must be 1 or less."),
        (("--effect", '{"lostResponse": true, "emptyPage": true}'), "/effect"),
        (("--effect", "token=borrow"), "/effect/token"),
    ],
)
def test_what_is_refused_is_told_with_the_nearest_name_and_changes_nothing(
    shell: Shell, words: tuple[str, ...], complaint: str
) -> None:
    assert complaint in shell.complains("faults", "add", *words)
    assert rules(shell) == []


def test_one_rule_is_taken_away_or_all(shell: Shell) -> None:
    for name in ("one", "two", "three"):
        shell.says("faults", "add", "--id", name, "--effect", "lostResponse")
    assert shell.says("faults", "clear", "two") == "two is gone.\n"
    assert [rule["id"] for rule in rules(shell)] == ["one", "three"]
    assert "'two'" in shell.complains("faults", "clear", "two")
    assert shell.says("faults", "clear") == "All rules are gone.\n"
    assert rules(shell) == []


def test_every_effect_is_catalogued_and_can_be_typed(shell: Shell) -> None:
    catalogue = shell.json("faults", "catalogue")["items"]
    text = shell.says("faults", "catalogue")
    for effect in catalogue:
        assert f"\n{effect['name']} " in text
        shell.says("faults", "add", "--effect", json.dumps(effect["example"]["effect"]))
    assert len(rules(shell)) == len(catalogue)


@pytest.mark.parametrize(
    ("words", "effect"),
    [
        ("lostResponse", {"lostResponse": True}),
        ("error=503", {"error": {"status": 503}}),
        ("delay=800", {"delay": {"type": "fixed", "milliseconds": 800}}),
        ("fault=HANG", {"fault": "HANG"}),
        ("missingItems=0.5", {"missingItems": 0.5}),
        ('drift={"unknownField": "xNew"}', {"drift": {"unknownField": "xNew"}}),
        ('{"fault": "HANG"}', {"fault": "HANG"}),
        ("unheardOf=1", {"unheardOf": 1}),
        ("{", "{"),
    ],
)
def test_an_effect_is_typed_as_the_header_has_it(words: str, effect: object) -> None:
    assert effect_named(words) == effect
