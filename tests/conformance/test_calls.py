"""How probes call: they wait where a server asks them to, and keep what they have sent."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from sandbox_server.conformance import generated
from sandbox_server.conformance.calls import NOBODY, Caller
from sandbox_server.conformance.document import Document
from sandbox_server.conformance.record import Record
from sandbox_server.conformance.target import Access, Target
from sandbox_server.resources import contract_path

BASE_URL = "http://127.0.0.1/v1"
Said = tuple[int, str]
LATER: Said = (429, "3")
NEVER: Said = (429, "86400")
SILENT: Said = (429, "")
GOOD: Said = (200, "")


@contextmanager
def calling(answer: Callable[[httpx.Request], httpx.Response]) -> Iterator[Caller]:
    """Call a server that answers so."""
    document = Document(contract_path("marketplace.yaml"))
    described = generated.described(document, Target(BASE_URL, Access(api_key="some-key")), seed=1)
    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        yield Caller(described, document, BASE_URL, NOBODY, Record(), http)


def called(answers: Iterable[Said], *, is_patient: bool = True) -> tuple[int, list[float]]:
    """Return with what a call ends when a server answers so, and the waits before."""
    queue, waits = iter(answers), list[float]()

    def answer(_: httpx.Request) -> httpx.Response:
        status, wait = next(queue)
        return httpx.Response(status, headers={"Retry-After": wait} if wait else {}, stream=httpx.ByteStream(b"{}"))

    with calling(answer) as caller:
        caller.is_patient, caller.pause = is_patient, waits.append
        return caller.with_credential({"X-Api-Key": "some-key"}).call("listStores").status, waits


@pytest.mark.parametrize(
    ("answers", "status", "waits"),
    [
        ([GOOD], 200, []),
        ([LATER, LATER, GOOD], 200, [3, 3]),
        ([LATER] * 6, 429, [3, 3, 3, 3, 3]),
        ([NEVER], 429, []),
        ([SILENT], 429, []),
    ],
)
def test_a_call_over_its_limit_is_made_again_when_the_server_says_so(
    answers: list[Said], status: int, waits: list[float]
) -> None:
    assert called(answers) == (status, waits)


def test_who_looks_for_the_limit_does_not_wait() -> None:
    assert called([LATER], is_patient=False) == (429, [])


def test_a_call_is_kept_with_its_query_as_it_was_sent() -> None:
    sent = list[str]()

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(str(request.url))
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    with calling(answer) as caller:
        kept = caller.call("listStores", query={"limit": 5, "status": "ACTIVE"}).exchange
    assert [kept.url] == sent == [f"{BASE_URL}/stores?limit=5&status=ACTIVE"]
