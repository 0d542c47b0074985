"""Names in many scripts, and mailboxes that any program can write."""

import unicodedata

from sandbox_server.worlds.geography import load_cities
from sandbox_server.worlds.people import draw_brands, draw_names, people
from sandbox_server.worlds.schema import Buyers

LOCALES = {"en_US": 50.0, "ja_JP": 10.0, "ar_SA": 10.0, "he_IL": 10.0, "ru_RU": 10.0, "vi_VN": 40.0, "fr_FR": 0.0}


def test_each_script_is_there_even_among_few_people() -> None:
    names = draw_names(1, LOCALES, 6)
    scripts = [unicodedata.name(next(letter for letter in name if letter.isalpha())).split()[0] for name in names]
    assert {"LATIN", "CJK", "ARABIC", "HEBREW", "CYRILLIC"} <= set(scripts)


def test_some_names_are_decomposed_and_some_have_a_picture_in_them() -> None:
    names = draw_names(1, LOCALES, 600)
    assert any(not unicodedata.is_normalized("NFC", name) for name in names)
    assert any(unicodedata.category(letter) == "So" for name in names for letter in name)


def test_mailboxes_are_ascii_and_there_once() -> None:
    buyers = people(1, Buyers(people=400, places=30, locales=LOCALES), load_cities(["CA"]))
    addresses = [buyer.email for buyer in buyers]
    assert len(set(addresses)) == 400
    assert all(address.isascii() and len(address) < 64 and ".." not in address for address in addresses)


def test_buyers_live_in_the_cities_they_are_given_and_share_places() -> None:
    buyers = people(1, Buyers(people=400, places=30, locales=LOCALES), load_cities(["CA"]))
    assert {buyer.address.region for buyer in buyers} == {"CA"}
    assert len({buyer.address.location for buyer in buyers}) == 30


def test_brands_are_there_once() -> None:
    assert len(set(draw_brands(1, 250))) == 250
