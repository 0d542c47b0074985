"""The report as a page that stands alone: the verdict, why it matters, what to change, and the calls that show it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox_server.certification.evidence import instant
from sandbox_server.certification.languages import Words
from sandbox_server.reporting.pages import environment

WIDTH = 1000
"""Units across a picture; the page stretches it to the room there is."""
_BROKEN = ("FAIL", "NOT_EXERCISED", "HARNESS_ERROR", "WARN")
_SHOWN_BREACHES = 10
_TRIED_AGAIN = {0, 401, 429}
_SERVER_ERROR = 500
_TONES = {"PASS": "good", "NOT_APPLICABLE": "good", "FAIL": "bad", "HARNESS_ERROR": "bad"}
_OVERALL_TONES = {"CERTIFIED": "good", "CERTIFIED_WITH_WARNINGS": "odd", "INCOMPLETE": "odd"}


@dataclass(frozen=True)
class Lane:
    """
    The calls of one operation in a picture.

    Args:
        marks: Places across it by what is to be seen there: `good`, `odd` or `bad` for an answer, `fault` around one
            that was provoked, `again` below a call that was tried before, `breach` around one that breaks a check.
        calls: How many there are.
    """

    name: str
    calls: int
    marks: Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Picture:
    """
    A scenario as time passes from left to right.

    Args:
        acts: What was done around the client: its place, and its name.
        minutes: Virtual minutes from one end to the other.
    """

    lanes: Sequence[Lane]
    acts: Sequence[tuple[int, str]]
    minutes: float


@dataclass(frozen=True)
class Played:
    """
    A scenario for the page.

    Args:
        rows: The calls that checks rest on.
        broken: Whether a check is broken in it.
    """

    told: Mapping[str, Any]
    picture: Picture
    rows: Sequence[Mapping[str, Any]]
    broken: bool


@dataclass
class _Marks:
    calls: int = 0
    places: dict[str, list[int]] = field(default_factory=dict)

    def add(self, kind: str, place: int) -> None:
        places = self.places.setdefault(kind, [])
        if not places or places[-1] != place:
            places.append(place)


def page(report: Mapping[str, Any], language: str = "en") -> str:
    """
    Return a report as HTML.

    Args:
        language: `en` or `zh`.
    """
    checks = report["checks"]
    return (
        environment()
        .get_template("certification.html")
        .render(
            report=report,
            words=Words(language),
            tone=_OVERALL_TONES.get(report["overall"], "bad"),
            tones=_TONES,
            counts={name: sum(one["verdict"] == name for one in checks) for name in ("PASS", *_BROKEN)},
            broken=sorted(
                (one for one in checks if one["verdict"] in _BROKEN),
                key=lambda one: (_BROKEN.index(one["verdict"]), one["level"] != "MUST", one["id"]),
            ),
            passed=[one for one in checks if one["verdict"] not in _BROKEN],
            shown_breaches=_SHOWN_BREACHES,
            scenarios=list(_played(report)),
            width=WIDTH,
        )
    )


def _played(report: Mapping[str, Any]) -> Iterator[Played]:
    for scenario in report["scenarios"]:
        shown, breaches = set[int](), set[int]()
        for check in report["checks"]:
            here = [one for one in (*check["held"], *check["breaches"]) if one["scenario"] == scenario["id"]]
            shown.update(number for one in here for number in one["entries"])
            breaches.update(number for one in here if one.get("breach") for number in one["entries"])
        rows = [{**call, "again": again} for call, again in _with_repetitions(scenario["calls"])]
        kept = [{**row, "breach": row["number"] in breaches} for row in rows if row["number"] in shown]
        yield Played(scenario, _picture(scenario, rows, breaches), kept, bool(breaches))


def _with_repetitions(calls: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Return each call, and whether it is another try: of a key that was sent before, or of a call that failed."""
    keys, failed = set[str](), set[tuple[str, str]]()
    for call in calls:
        key, wish = call.get("key"), (call["method"], call["path"])
        yield call, key in keys if key is not None else wish in failed
        if key is not None:
            keys.add(key)
        if call["status"] in _TRIED_AGAIN or call["status"] >= _SERVER_ERROR:
            failed.add(wish)
        else:
            failed.discard(wish)


def _picture(scenario: Mapping[str, Any], calls: Sequence[Mapping[str, Any]], breaches: set[int]) -> Picture:
    start, end = instant(scenario["startedAt"]), instant(scenario["endedAt"])
    span = (end - start).total_seconds() or 1.0

    def place(at: datetime) -> int:
        return max(0, min(WIDTH, round((at - start).total_seconds() / span * WIDTH)))

    lanes: dict[str, _Marks] = {}
    for call in calls:
        lane = lanes.setdefault(call.get("operation") or f"{call['method']} {call['path']}", _Marks())
        here = place(instant(call["at"]))
        lane.calls += 1
        lane.add(_tone(call["status"]), here)
        for kind, is_so in (
            ("fault", "effect" in call),
            ("again", call["again"]),
            ("breach", call["number"] in breaches),
        ):
            if is_so:
                lane.add(kind, here)
    acts = [(place(instant(act["at"])), act["act"]) for act in scenario["acts"]]
    return Picture([Lane(name, marks.calls, marks.places) for name, marks in lanes.items()], acts, span / 60)


def _tone(status: int) -> str:
    if 0 < status < 400:
        return "good"
    return "odd" if 400 <= status < _SERVER_ERROR else "bad"
