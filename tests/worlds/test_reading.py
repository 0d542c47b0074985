"""A fixture that is wrong is refused with the place, and what would be right."""

import re
from pathlib import Path

import pytest

from sandbox_server.resources import fixture_path
from sandbox_server.worlds import FixtureError, open_world
from sandbox_server.worlds.reading import parse_fixture, read_fixture
from sandbox_server.worlds.schema import Fixture, Place
from tests.worlds.scaling import quiet

TEXT = fixture_path("small_chain.yaml").read_text(encoding="utf-8")
PLACE = "  places: [{city: Here, state: NY, latitude: 40.7, longitude: -74, time_zone: America/New_York}]\n"

WRONG = {
    "an unknown key": ("  count: 5", "  cuont: 5", "$.stores has no 'cuont'; did you mean 'count'?"),
    "a key like no other": ("seed: 1", "xyzzy: 1", "$ has no 'xyzzy'; there are description, seed"),
    "an unknown outcome": ("acknowledged: 14", "aknowledged: 14", "did you mean 'acknowledged'?"),
    "an unknown state": ("EXPIRED: 2", "EXPIERD: 2", "$.history.returns has no 'EXPIERD'; did you mean 'EXPIRED'?"),
    "an unknown key in a list": (
        "    - name: Home",
        "    - nmae: Home",
        "categories[1] has no 'nmae'; did you mean 'name'?",
    ),
    "a missing key": ("currency: USD\n", "", "missing required field `currency`"),
    "a wrong type": ("  count: 5", "  count: five", "Expected `int`, got `str` - at `$.stores.count`"),
    "text for a list": (
        "  states: [NY, NJ, CT, PA]",
        "  states: NY",
        "Expected `array`, got `str` - at `$.stores.states`",
    ),
    "too small": ("  count: 5", "  count: 0", "`int` >= 1 - at `$.stores.count`"),
    "a share above one": ("SAME_DAY: 0.6", "SAME_DAY: 60", "`float` <= 1.0 - at `$.stores.capabilities"),
    "an unknown word": ("tax_class: ZERO", "tax_class: NIL", "Invalid enum value 'NIL'"),
    "no time": ("now: 2026-11-27T15:00:00Z", "now: soon", "`$.now`"),
    "a time without a zone": ("15:00:00Z", "15:00:00", "`$.now`"),
    "a time of day": ("cut_off: [16:00", "cut_off: [25:00", "Expected a text such as 16:00 - at `$.stores.cut_off[0]`"),
    "a currency": ("currency: USD", "currency: dollars", "Expected a text such as USD - at `$.currency`"),
    "bounds turned round": (
        "depth: [6, 40]",
        "depth: [60, 40]",
        "$.stock.depth: the least, 60, is more than the most, 40",
    ),
    "bounds turned round in a list": (
        "price: [6, 90]",
        "price: [90, 6]",
        "$.catalogue.categories[0].price: the least, 90",
    ),
    "an unknown time zone": (
        "  cut_off:",
        PLACE.replace("New_York", "Springfield") + "  cut_off:",
        "$.stores.places[0].time_zone: there is no time zone 'America/Springfield'",
    ),
    "more places than stores": (
        "  count: 5",
        "  count: 1\n" + PLACE.replace("[", "[&a ").replace("]", ", *a]"),
        "$.stores.places",
    ),
    "hours turned round": ("09:00-21:00", "21:00-09:00", "opening_hours.monday: 21:00-09:00 ends before it begins"),
    "a cut-off before any store opens": (
        "cut_off: [16:00",
        "cut_off: [07:59",
        "$.stores.cut_off[0]: at 07:59 no store has opened yet, the first at 08:00; such a store serves no orders",
    ),
    "a cut-off at which stores open": ("17:30]", "08:00]", "$.stores.cut_off[1]: at 08:00 no store has opened yet"),
    "no weight": ("lines: {1: 55, 2: 30, 3: 15}", "lines: {1: 0}", "$.history.lines: all weights are 0"),
    "too large an assortment": ("products_per_store: 42", "products_per_store: 58", "more than the 57 products"),
    "nothing outside the assortment": ("carried_by_none: 3", "carried_by_none: 0", "out_of_assortment: needs"),
    "more returns than orders": ("CLOSED: 3", "CLOSED: 300", "more of them than the 42 orders delivered"),
    "too short a history": (
        "days: 56",
        "days: 20",
        "$.history.days: 20 are too few for returns.CLOSED, which needs 29",
    ),
    "an unknown scope": ('scopes: ["*:read"]', "scopes: [orders:raed]", "did you mean 'orders:read'?"),
    "an unknown store": ("stores: [S0001]", "stores: [S0006]", "$.credentials[1].stores: there is no store 'S0006'"),
}

BROKEN = {
    "not closed": ("seed: 1", "seed: [1", "small.yaml, line 3, column"),
    "badly indented": ("  count: 5", "   count: 5", "small.yaml, line"),
    "a tab": ("  count: 5", "\tcount: 5", "small.yaml, line 8, column 1: found character '\\t'"),
    "a key there twice": (
        "currency: USD",
        "currency: USD\nseed: 2",
        "small.yaml, line 4, column 1: seed is there twice",
    ),
    "a key that is a list": ("currency: USD", "[a]: USD", "line 3, column 1: a key is text or a number"),
    "a program": ("currency: USD", "currency: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
    "a control character": ("currency: USD", "currency: U\x00SD", "small.yaml"),
}


def changed(old: str, new: str) -> str:
    text = re.sub(r"^seed: \d+$", "seed: 1", TEXT, flags=re.MULTILINE)
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(("old", "new", "message"), [*WRONG.values(), *BROKEN.values()], ids=[*WRONG, *BROKEN])
def test_what_is_wrong_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises(FixtureError) as refused:
        parse_fixture(changed(old, new), "small.yaml")
    assert str(refused.value).startswith("small.yaml")
    assert message in str(refused.value)


@pytest.mark.parametrize("text", ["", "[]", "text", "~"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(FixtureError, match=r"^small.yaml: Expected `object`"):
        parse_fixture(text, "small.yaml")


def test_a_cut_off_while_some_store_is_open_on_some_day_is_right() -> None:
    assert parse_fixture(changed("17:30]", "08:01]"), "small.yaml").stores.cut_off == ("16:00", "08:01")


def test_stores_that_never_open_are_refused() -> None:
    text = re.sub(r"  opening_hours:\n(    \w+: .*\n)+", "  opening_hours: {}\n", TEXT)
    with pytest.raises(FixtureError, match="never open"):
        parse_fixture(text, "small.yaml")


def test_a_fixture_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(FixtureError) as refused:
        read_fixture("smal_chain")
    assert "peak_day, proving_ground, regional_chain, small_chain" in str(refused.value)
    assert "did you mean 'small_chain'?" in str(refused.value)


def test_a_file_that_is_not_there_is_told_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(FixtureError, match=r"there is no file .*nowhere\.yaml; .* are peak_day, "):
        read_fixture(str(tmp_path / "nowhere.yaml"))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FixtureError, match=r"odd\.yaml cannot be read"):
        read_fixture(path)


def test_times_and_words_are_what_they_look_like() -> None:
    fixture = parse_fixture(TEXT.replace("Quiet", "Quiet").replace("acorn-reader-key", "no"), "small.yaml")
    assert fixture.stores.cut_off == ("16:00", "17:30")
    assert fixture.credentials[2].api_key == "no"


def test_a_place_may_be_given_for_the_first_store(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(changed("  cut_off:", PLACE + "  cut_off:"), encoding="utf-8")
    fixture = read_fixture(path).fixture
    assert fixture.stores.places == (Place("Here", "NY", 40.7, -74.0, "America/New_York"),)
    world = open_world(path, None, None, quiet)
    with world.persistence.read(world.now) as tx:
        first = next(iter(tx.stores.select()))
    assert (first.name, first.location.latitude, first.time_zone) == ("Here", 40.7, "America/New_York")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("states: [NY,", "states: [ZZ,", "there is no state 'ZZ'; there are AK, AL"),
        ("    el_GR: 2", "    xx_XX: 2", "Faker has no locale 'xx_XX'"),
    ],
)
def test_what_only_shows_when_the_world_is_made_is_refused_then(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(changed(old, new), encoding="utf-8")
    with pytest.raises(FixtureError, match=re.escape(message)):
        open_world(path, None, None, quiet)


def test_every_fixture_may_leave_out_what_has_a_default() -> None:
    fixture: Fixture = parse_fixture(TEXT.replace("  within_km: 120\n", ""), "small.yaml")
    assert fixture.buyers.within_km is None
