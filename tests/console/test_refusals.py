"""What the operator's interface refuses is said in the page's language, and none of it is left in English."""

import re
from importlib import import_module

import pytest

from sandbox_server.console.languages import refusals
from sandbox_server.control.errors import KINDS
from tests.certification.test_sentences import is_sentence, told_in
from tests.console.browser import WORLD, Browser
from tests.control.stage import Stage

SPEAKERS = {
    "control": "arrivals beginnings certifications clock errors fault_forms faults files registry throttles",
    "domain": "errors",
    "middleware.faults": "delay drift error",
    "services": "actors catalogue demand tills",
}
MODULES = [f"sandbox_server.{package}.{name}" for package, names in SPEAKERS.items() for name in names.split()]
IN_PARTS = {
    "{1} {2} is {3}; it cannot {4} {5}.",
    "GET /rate-limits of the marketplace names all.",
    "Damaged on its way.",
}
"""Said as a part of what is translated as a whole, or told of a parcel and no refusal."""
ENGLISH = re.compile(r"[a-z]+ [a-z]+")


@pytest.mark.parametrize("module", MODULES)
def test_whatever_is_refused_can_be_said_in_chinese(module: str) -> None:
    sentences = {one for one in map(str.strip, told_in(import_module(module))) if is_sentence(one)} - IN_PARTS
    values = re.compile(r"\{(\d)\}")
    said = {one: refusals("zh").said(values.sub(r"v\1", one)) for one in sentences}
    assert {one: chinese for one, chinese in said.items() if ENGLISH.search(chinese)} == {}


def test_every_kind_of_problem_has_a_name_in_chinese() -> None:
    assert {kind.title for kind in KINDS.values() if refusals("zh").said(kind.title) == kind.title} == set()


def test_a_thing_that_is_not_there_is_named_in_the_page_s_language() -> None:
    assert refusals("zh").said("There is no fault rule 'slow'.") == "不存在故障规则 'slow'。"
    assert refusals("zh").said("There is no shipment 'shp_1'.") == "不存在 包裹 'shp_1'。"
    assert refusals("zh").said("There is no fixture 'x'; there are a, b.") == "没有样例 'x'\uff1b现有 a, b。"
    assert refusals("zh").said("There is no plan x. There are: a.") == "没有计划 x。现有\uff1aa。"
    assert refusals("zh").said("core has no scenario x. It has: a.") == "core 没有场景 x。现有\uff1aa。"
    assert refusals("en").said("There is no shipment 'shp_1'.") == "There is no shipment 'shp_1'."


def test_what_the_interface_refuses_is_told_in_the_page_s_language(stage: Stage) -> None:
    order_id = stage.look("/v1/orders?status=NEW&limit=1")["items"][0]["orderId"]
    cancel, orders = f"{WORLD}/orders/{order_id}/cancel", f"{WORLD}/orders/"
    english, chinese = Browser(stage.app), Browser(stage.app, "zh")
    english.post(cancel)
    assert "Its life cycle has no such step: Order" in _refused(english, cancel)
    expected = ("生命周期里没有这一步", f"订单 {order_id} 的状态是 CANCELLED", "不能变为 CANCELLED。")
    assert tuple(re.split(r"[\uff0c\uff1a]", _refused(chinese, cancel))) == expected
    expected = ("请求不符合契约", "/count", "不能小于 1。")
    assert tuple(re.split(r"\uff1a", _refused(chinese, orders, count="0"))) == expected
    assert chinese.get(f"{WORLD}/orders/ord_nowhere").said == ["不存在 订单 'ord_nowhere'。"]


def _refused(browser: Browser, path: str, **form: str) -> str:
    [said] = browser.post(path, form, referer=f"http://{browser.host}{WORLD}/orders/").said
    return said
