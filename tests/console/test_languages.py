"""Both catalogues are whole: nothing that a page says is missing in one of them, and nothing stands there in vain."""

import re
from enum import StrEnum
from pathlib import Path
from string import Formatter

import pytest

import sandbox_server.console
from sandbox_server.certification.trials import State
from sandbox_server.certification.verdict import Overall
from sandbox_server.console.languages import LANGUAGES, catalogue, text, word
from sandbox_server.domain.arrivals import Profile
from sandbox_server.domain.certificates import CheckVerdict
from sandbox_server.domain.events import DueKind
from sandbox_server.domain.inventory import Cause, Quantity
from sandbox_server.domain.orders import AllocationStatus, CancelReason, OrderStatus, RejectReason
from sandbox_server.domain.returns import Condition, ReturnReason, ReturnStatus
from sandbox_server.domain.shipments import ShipmentStatus
from sandbox_server.domain.stores import Capability, ServiceLevel, StoreStatus
from sandbox_server.kernel.clock import ClockMode
from sandbox_server.middleware.faults.registry import EFFECTS
from sandbox_server.traffic.journal import Verdict
from sandbox_server.traffic.throttle import Profile as ThrottleProfile

HOME = Path(sandbox_server.console.__file__).parent
SOURCES = sorted([*HOME.rglob("*.html"), *HOME.rglob("*.py")])
OTHERS = sorted(set(LANGUAGES) - {"en"})
_KEY = re.compile(r"""\b(?:t\(|text\([^,()]+(?:\.[a-z]+)?, ?)\s*f?["']([a-z_]+(?:\.[a-z_]+)?\.?)["'{ ]""")
_WORDS = {
    "order_status": OrderStatus,
    "level": ServiceLevel,
    "allocation": AllocationStatus,
    "shipment_status": ShipmentStatus,
    "return_status": ReturnStatus,
    "condition": Condition,
    "reason": RejectReason,
    "store_status": StoreStatus,
    "capability": Capability,
    "quantity": Quantity,
    "cause": Cause,
    "verdict": Verdict,
    "throttle": ThrottleProfile,
    "profile": Profile,
    "due": DueKind,
    "clock_mode": ClockMode,
    "trial": State,
    "overall": Overall,
    "check": CheckVerdict,
}


def places(text_: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text_) if name}


@pytest.mark.parametrize("other", OTHERS)
def test_every_catalogue_has_the_same_texts_with_the_same_values(other: str) -> None:
    english, theirs = catalogue("en"), catalogue(other)
    assert theirs.keys() == english.keys()
    assert {key: places(one) for key, one in theirs.items()} == {key: places(one) for key, one in english.items()}


@pytest.mark.parametrize("other", OTHERS)
def test_no_text_was_left_in_english(other: str) -> None:
    english, theirs = catalogue("en"), catalogue(other)
    assert {key for key in english if theirs[key] == english[key]} <= {"stock.sku"}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("kind", sorted(_WORDS))
def test_every_word_of_the_contract_has_a_name(language: str, kind: str) -> None:
    known: type[StrEnum] = _WORDS[kind]
    assert {name for name in known if f"{kind}.{name}" not in catalogue(language)} == set()


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_effect_and_every_reason_has_a_name(language: str) -> None:
    texts = catalogue(language)
    assert {name for name in EFFECTS if f"effect.{name}" not in texts or f"effect_summary.{name}" not in texts} == set()
    assert {
        reason for reason in (*ReturnReason, *RejectReason, *CancelReason) if f"reason.{reason}" not in texts
    } == set()
    assert {status for status in ShipmentStatus if f"deed.{status}" not in texts} == {"LABELLED"} - set(CancelReason)


def test_every_text_that_a_page_asks_for_is_there_and_none_is_there_in_vain() -> None:
    asked = {key for source in SOURCES for key in _KEY.findall(source.read_text("utf-8"))}
    whole = {key for key in asked if not key.endswith((".", "_"))}
    begun = tuple(asked - whole)
    texts = catalogue("en")
    assert {key for key in whole if "." in key} - texts.keys() == set()
    kinds = {*_WORDS, "effect", "deed", "wave", "problem", "unit"}
    spoken = "\n".join(source.read_text("utf-8") for source in SOURCES)
    vain = {
        key for key in texts if key.partition(".")[0] not in kinds and key not in whole and not key.startswith(begun)
    }
    assert {key for key in vain if f'"{key}"' not in spoken} == set()


def test_a_text_takes_its_values() -> None:
    assert text("en", "orders.placed", count=3) == "Orders placed: 3."
    with pytest.raises(KeyError):
        text("en", "orders.placed")
    with pytest.raises(KeyError):
        text("en", "orders.nothing")


def test_a_word_that_goes_by_no_other_name_stands_for_itself() -> None:
    assert word("zh", "order_status", "NEW") == "新订单"
    assert word("zh", "order_status", "SOMETHING_NEW") == "SOMETHING_NEW"
