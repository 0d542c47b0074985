"""What the contract finds wrong in calls that were kept: the client's breaches, and those that were injected."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

import orjson

from sandbox_server.api.answers import Answers, Fragments
from sandbox_server.api.bodies import Body
from sandbox_server.api.closed import Closed
from sandbox_server.api.contract import Contract, Operation, Place
from sandbox_server.api.negotiation import choose_media_type
from sandbox_server.api.parameters import Parameters
from sandbox_server.api.refusals import BodyTooLarge, InvalidRequest, NotAcceptable, UnsupportedMediaType, Violation
from sandbox_server.api.schemas import Schemas, Validator, violations
from sandbox_server.traffic.journal import Ending, Entry, Kept, makes_up
from sandbox_server.traffic.redaction import WITHHELD
from sandbox_server.traffic.unmatched import Explanation, Offer, explain

_PLACE = re.compile(r"\\\{[^/]*?\\\}")
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json", re.IGNORECASE)


class Judge:
    """
    Holds kept calls against a contract.

    Answers are judged more strictly than clients must: a member that the contract does not describe is told of, for
    clients have to tolerate it, and something must have put it there. Nothing is compiled before it is needed.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._requests: dict[str, _Requests] = {}
        self._responses: dict[str, _Responses] = {}
        self.offers = tuple(
            Offer(one.operation_id, one.method, one.path, contract.base_path) for one in contract.operations()
        )

    def request_errors(self, kept: Kept) -> list[Violation]:
        """Return what is wrong in a request; nothing where it found no operation."""
        entry = kept.entry
        if entry.operation is None:
            return []
        if not self._requests:
            schemas = Schemas(self._contract)
            self._requests = {
                one.operation_id: _Requests(self._contract, one, schemas) for one in self._contract.operations()
            }
        return list(self._requests[entry.operation].errors(entry, kept.request))

    def response_errors(self, kept: Kept) -> list[Violation]:
        """
        Return what is wrong in an answer; nothing where none was sent, or no operation was found.

        One that a fault rule has changed is judged as it was before, and one that it has made up not at all: nobody is
        to blame for what was injected.
        """
        entry = kept.entry
        if entry.operation is None or entry.ending is Ending.UNANSWERED:
            return []
        if entry.fault is not None and makes_up(entry.fault[1]):
            return []
        if not self._responses:
            contract = Closed(self._contract)
            schemas = Schemas(contract)
            self._responses = {one.operation_id: _Responses(contract, one, schemas) for one in contract.operations()}
        return list(self._responses[entry.operation].errors(entry, entry.before_fault.encode() or kept.response))

    def explain(self, kept: Kept) -> Explanation:
        """Return why a call found no operation."""
        entry = kept.entry
        return explain(entry.method, entry.path, self.offers)


class _Requests:
    """Holds the requests of one operation against the contract."""

    def __init__(self, contract: Contract, operation: Operation, schemas: Schemas) -> None:
        self._parameters = Parameters(contract, operation, schemas)
        self._body = Body(contract, operation, schemas)
        self._media_types = Answers(contract, operation, schemas, Fragments(schemas)).media_types
        template = _PLACE.sub(lambda place: f"(?P<{place[0][2:-2]}>[^/]+)", re.escape(operation.path))
        self._path = re.compile(template)

    def errors(self, entry: Entry, raw: bytes) -> Iterator[Violation]:
        headers = _by_name(entry)
        places = self._path.fullmatch(unquote(entry.path))
        accept = headers.get(b"accept", b"").decode("latin-1")
        try:
            choose_media_type(accept, self._media_types)
        except NotAcceptable as refusal:
            yield Violation("header", "Accept", "NOT_ACCEPTABLE", refusal.detail)
        try:
            self._parameters.read_headers(headers)
        except InvalidRequest as refusal:
            yield from refusal.violations
        try:
            self._parameters.read(places.groupdict() if places else {}, entry.query.encode("latin-1"))
        except InvalidRequest as refusal:
            yield from refusal.violations
        if raw != WITHHELD and not _is_unread(headers, raw):
            yield from self._body_errors(headers, raw)

    def _body_errors(self, headers: Mapping[bytes, bytes], raw: bytes) -> Iterator[Violation]:
        try:
            self._body.read_kept(headers, raw)
        except InvalidRequest as refusal:
            yield from refusal.violations
        except UnsupportedMediaType as refusal:
            yield Violation("header", "Content-Type", "UNSUPPORTED_MEDIA_TYPE", refusal.detail)
        except BodyTooLarge as refusal:
            yield Violation("pointer", "", "BODY_TOO_LARGE", refusal.detail)


class _Responses:
    """Holds the answers of one operation against the contract."""

    def __init__(self, contract: Contract, operation: Operation, schemas: Schemas) -> None:
        self._documented: dict[str, tuple[Mapping[str, Validator], list[str]]] = {}
        for status, place in operation.responses.items():
            validators = {
                media_type: schemas.of_answer(contract.below(place, "content", media_type, "schema").pointer)
                for media_type in place.node.get("content", {})
            }
            required = [name for name in place.node.get("headers", {}) if _is_required(contract, place, name)]
            self._documented[status] = validators, required

    def errors(self, entry: Entry, raw: bytes) -> Iterator[Violation]:
        documented = self._documented.get(str(entry.status))
        if documented is None:
            known = ", ".join(sorted(self._documented))
            yield Violation("pointer", "", "UNDOCUMENTED_STATUS", f"The contract has {known} here, not {entry.status}.")
            return
        validators, required = documented
        headers = _by_name(entry, of_response=True)
        for name in required:
            if name.lower().encode() not in headers:
                yield Violation("header", name, "REQUIRED", "This header is required.")
        media_type = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip()
        if validators and media_type not in validators:
            expected = " or ".join(validators)
            yield Violation("header", "Content-Type", "MEDIA_TYPE", f"It must be {expected}, not {media_type!r}.")
        elif raw and not validators:
            yield Violation("pointer", "", "UNEXPECTED_BODY", "The contract has no body here.")
        elif _JSON.fullmatch(media_type) and raw != WITHHELD:
            yield from _json_errors(validators[media_type], raw)


def _json_errors(validator: Validator, raw: bytes) -> list[Violation]:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return [Violation("pointer", "", "MALFORMED", "The body is not JSON in UTF-8.")]
    return [] if validator.is_valid(value) else violations(validator, value, "pointer")


def _is_required(contract: Contract, place: Place, name: str) -> bool:
    return bool(contract.below(place, "headers", name).node.get("required", False))


def _is_unread(headers: Mapping[bytes, bytes], raw: bytes) -> bool:
    """Whether a body was sent that the server never read, because it had said no before."""
    announced = headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
    return announced and not raw


def _by_name(entry: Entry, *, of_response: bool = False) -> dict[bytes, bytes]:
    half = entry.response if of_response else entry.request
    headers: dict[bytes, bytes] = {}
    for name, value in half.fields():
        key, text = name.encode("latin-1"), value.encode("latin-1")
        headers[key] = headers[key] + b", " + text if key in headers else text
    return headers
