"""What was seen of a client can be said in every language, and nothing of it is lost."""

import ast
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from inspect import getsource
from pkgutil import iter_modules
from types import ModuleType

import pytest

from sandbox_server.api import bodies, parameters, schemas
from sandbox_server.certification import checks, preflight, reasons, verdict
from sandbox_server.certification.languages import catalogue, sentences
from sandbox_server.certification.sentences import Sentences
from sandbox_server.traffic import unmatched

SPEAKERS = [
    bodies,
    parameters,
    schemas,
    preflight,
    reasons,
    verdict,
    unmatched,
    *(import_module(f"{checks.__name__}.{one.name}") for one in iter_modules(checks.__path__)),
]
NOT_TRANSLATED = {
    "{1}: {2}.",
    "{1} in {2} (status {3}).",
    "And {1} more.",
    "The operation has no such parameter. {1}It takes {2}.",
}
"""Put together of what is translated as a whole."""
CHINESE = catalogue("zh")["sentences"]


def told_in(module: ModuleType) -> Iterator[str]:
    """Return the sentences of a module's functions, as templates."""
    for function in ast.walk(ast.parse(getsource(module))):
        if isinstance(function, ast.FunctionDef | ast.Lambda):
            body = [function.body] if isinstance(function, ast.Lambda) else _after_docstring(function)
            whole = [node for one in body for node in ast.walk(one)]
            parts = {id(part) for node in whole if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
            for node in whole:
                if isinstance(node, ast.JoinedStr):
                    yield template(node)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                    yield node.value


def _after_docstring(function: ast.FunctionDef) -> Sequence[ast.AST]:
    return function.body[bool(ast.get_docstring(function)) :]


def template(node: ast.JoinedStr) -> str:
    text, number = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        else:
            number += 1
            text += f"{{{number}}}"
    return text


def is_sentence(text: str) -> bool:
    return text.endswith(".") and " " in text and text not in NOT_TRANSLATED


@pytest.mark.parametrize("module", SPEAKERS, ids=lambda module: module.__name__.rpartition(".")[2])
def test_whatever_is_said_of_a_client_can_be_said_in_chinese(module: ModuleType) -> None:
    missing = [one for one in map(str.strip, told_in(module)) if is_sentence(one) and not _is_translated(one)]

    assert missing == []


def _is_translated(english: str) -> bool:
    """Whether a sentence is; by itself, or as the end of those that begin with what they are about."""
    return any(re.fullmatch(rf"(\{{1\}}: )?{re.escape(_unnumbered(english))}", _unnumbered(one)) for one in CHINESE)


def _unnumbered(text: str) -> str:
    return re.sub(r"\{\d\}", "{}", text).removeprefix("{}: ")


@pytest.mark.parametrize("english", sorted(CHINESE))
def test_no_sentence_is_taken_for_another(english: str) -> None:
    chinese = CHINESE[english]
    values = {f"{{{number}}}": f"v{number}" for number in range(1, 5)}

    def filled(text: str) -> str:
        return re.sub(r"\{\d\}", lambda place: values[place[0]], text)

    assert set(re.findall(r"\{\d\}", english)) == set(re.findall(r"\{\d\}", chinese))
    assert sentences("zh").said(filled(english)) == filled(chinese)


@pytest.mark.parametrize(
    ("place", "english", "chinese"),
    [
        ("createShipment: /lines/0/quantity: ", "It must be 1 or more.", "不能小于 1。"),
        ("listOrders: limit: ", "It must be an integer.", "必须是整数。"),
        ("/carrier: ", "It must be one of UPS, DHL.", "必须是 UPS, DHL 之一。"),
        (
            "reportPrices: /items/0/saleForm: ",
            "This member is required. And 2 more.",
            "缺少这个必需的成员。 另有 2 处。",
        ),
    ],
)
def test_what_the_contract_finds_wrong_is_said_with_its_place(place: str, english: str, chinese: str) -> None:
    assert sentences("zh").said(place + english) == place.replace(": ", "\N{FULLWIDTH COLON}") + chinese


def test_sentences_in_sentences_are_said_too_and_what_nobody_knows_stays() -> None:
    speaker = Sentences({"{1} And {2} more.": "{1}+{2}", "{1} is {2}.": "{2}: {1}", "a page": "Seite"})

    assert speaker.said("a page is lost. And 2 more.") == "lost: Seite+2"
    assert speaker.said("a book was lost.") == "a book was lost."
    assert sentences("en").said("a page is lost.") == "a page is lost."
