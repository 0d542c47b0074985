"""Where the server has an operator's token, the console lets in whoever shows it."""

import pytest

from tests.console.browser import CONSOLE, WORLD, Browser
from tests.control.stage import Stage

TOKEN = "the-operator's-token"
PUBLIC = "sandbox.example:8443"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("guarded"), operator_token=TOKEN)


@pytest.fixture
def stranger(guarded: Stage) -> Browser:
    return Browser(guarded.app, host=PUBLIC)


def enter(browser: Browser, token: str, next_: str = "") -> None:
    browser.get(f"{CONSOLE}/login")
    browser.post(f"{CONSOLE}/login", {"token": token, "next": next_})


@pytest.mark.parametrize("path", ["", "orders/", "journal/", "tenants/", "health", "nowhere"])
def test_a_stranger_sees_nothing_but_the_door(stranger: Browser, path: str) -> None:
    page = stranger.get(f"{WORLD}/{path}")
    assert "Operator, please" in page.text
    assert "default" not in page.text


def test_a_stranger_s_form_does_nothing(stranger: Browser) -> None:
    stranger.get(f"{CONSOLE}/login")
    page = stranger.post(f"{WORLD}/clock/advance", {"by": "PT1H"})
    assert "Operator, please" in page.text
    enter(stranger, TOKEN)
    assert "2026-11-27 15:00:00" in stranger.get(f"{WORLD}/clock/").text


def test_who_shows_the_token_is_let_in_where_they_wanted_to_go(stranger: Browser) -> None:
    assert "Operator, please" in stranger.get(f"{WORLD}/orders/?status=NEW").text
    page = stranger.post(f"{CONSOLE}/login", {"token": TOKEN, "next": f"{WORLD}/orders/?status=NEW"})
    assert page.status == 200
    assert "Have buyers place orders" in page.text


def test_what_the_operator_does_is_done(stranger: Browser) -> None:
    enter(stranger, TOKEN)
    assert "It was placed" not in stranger.get(f"{WORLD}/orders/").text
    assert stranger.post(f"{WORLD}/orders/", {"count": "2"}).said == ["Orders placed: 2."]


@pytest.mark.parametrize("wrong", ["", "wrong", TOKEN + "x", "töken"])
def test_a_wrong_token_opens_nothing_and_says_so(stranger: Browser, wrong: str) -> None:
    stranger.get(f"{CONSOLE}/login")
    page = stranger.post(f"{CONSOLE}/login", {"token": wrong})
    assert page.status == 403
    assert page.said == ["That is not the operator's token."]
    assert "Operator, please" in stranger.get(f"{WORLD}/").text


def test_who_leaves_has_to_show_it_again(stranger: Browser) -> None:
    enter(stranger, TOKEN)
    assert "Overview" in stranger.get(f"{WORLD}/").text
    assert "Operator, please" in stranger.post(f"{CONSOLE}/logout").text


def test_a_cookie_of_another_token_s_time_is_worth_nothing(stranger: Browser, built: Stage) -> None:
    other = Browser(built.app, host="localhost:8443")
    other.get(f"{CONSOLE}/login")
    other.post(f"{CONSOLE}/login", {"token": "anything"})
    stranger.cookies.update(other.cookies)
    assert "Operator, please" in stranger.get(f"{WORLD}/").text


def test_the_token_is_in_no_cookie(stranger: Browser) -> None:
    enter(stranger, TOKEN)
    assert stranger.cookies
    assert TOKEN not in str(stranger.cookies)


def test_the_door_speaks_chinese_too(guarded: Stage) -> None:
    assert "操作员令牌" in Browser(guarded.app, "zh", PUBLIC).get(f"{WORLD}/").text
