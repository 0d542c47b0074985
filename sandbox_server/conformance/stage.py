"""What a probe plays on: a server, ways to call it, and material to call it with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from sandbox_server.conformance.calls import Answer, Caller, Described, Headers
from sandbox_server.conformance.document import Document, Operation
from sandbox_server.conformance.errors import Unavailable
from sandbox_server.conformance.record import Record
from sandbox_server.conformance.target import Access, Operator, Target
from sandbox_server.reporting.findings import Finding, Side


class Stopped(Exception):
    """A probe cannot go on: something that it rests on was not as it must be, and has been told."""


class Stage:
    """
    One server as a probe sees it.

    Args:
        described: The contract's operations, as Schemathesis reads them.
        http: What carries the calls.
        check: What findings are told under.
    """

    def __init__(
        self,
        described: Described,
        document: Document,
        target: Target,
        record: Record,
        http: httpx.Client,
        check: str = "stage",
    ) -> None:
        self._http = http
        self._described = described
        self.record = record
        self.document = document
        self.target = target
        self.check = check
        self.api = self.caller(target.access)

    @property
    def operator(self) -> Operator:
        """The operator's interface; raises Unavailable where there is none."""
        if self.target.operator is None:
            raise Unavailable("the server has no operator's interface for this account")
        return self.target.operator

    @property
    def has_operator(self) -> bool:
        """Whether buyers, carriers and the clock can be played."""
        return self.target.operator is not None

    def caller(self, access: Access, **more: str) -> Caller:
        """
        Return a caller with a credential: a token where a client is known, else its key.

        Args:
            more: What else is asked of the token, such as its `scope`.
        """
        nobody = Caller(self._described, self.document, self.target.base_url, {}, self.record, self._http)
        if not access.client_id:
            return nobody.with_credential({"X-Api-Key": access.api_key})
        return nobody.with_credential(self.bearer(nobody, access, **more))

    def renew(self) -> None:
        """Show a new token, after time has passed."""
        self.api = self.caller(self.target.access)

    def bearer(self, caller: Caller, access: Access, **more: str) -> Headers:
        """Return a new token as a header."""
        answer = caller.call("createToken", body=access.form(**more))
        self.expect(answer, 200, "A token is given for a client's credentials.")
        return {"Authorization": f"Bearer {answer.json['access_token']}"}

    def named(self, check: str) -> "Stage":
        """Return the stage for another check, with the same calls."""
        other = object.__new__(Stage)
        other.__dict__.update(self.__dict__)
        other.check = check
        return other

    def seen_by(self, credential: Headers) -> "Stage":
        """Return the stage as somebody sees it who shows another credential."""
        other = self.named(self.check)
        other.api = self.api.with_credential(credential)
        return other

    @contextmanager
    def sibling(self) -> "Iterator[Stage]":
        """Play on a world of one's own, like this one, and take it away afterwards."""
        operator = self.operator.sibling()
        try:
            target = Target(self.target.base_url, operator.access(), operator, is_own=True)
            yield Stage(self._described, self.document, target, self.record, self._http, self.check)
        finally:
            operator.delete()

    def found(self, message: str, *answers: Answer, where: str = "", expected: object = "", seen: object = "") -> None:
        """Tell of something wrong, and of the calls that show it."""
        exchanges = tuple(answer.exchange for answer in answers)
        last = exchanges[-1] if exchanges else None
        finding = Finding(
            check=self.check,
            message=message,
            operation=answers[-1].operation_id if answers else "",
            side=Side.RESPONSE if last else Side.RUN,
            where=where,
            expected=str(expected),
            seen=str(seen),
            exchanges=exchanges,
            number=last.number if last else None,
        )
        self.record.complain([finding])

    def hold(
        self, truth: bool, message: str, *answers: Answer, where: str = "", expected: object = "", seen: object = ""
    ) -> bool:
        """Tell of something wrong where that is not true, and return whether it is."""
        if not truth:
            self.found(message, *answers, where=where, expected=expected, seen=seen)
        return truth

    def hold_answer(self, answer: Answer, status: int | tuple[int, ...], code: str, message: str) -> bool:
        """Tell of an answer with another status, or another code than one that is named; return whether it is right."""
        wanted = (status,) if isinstance(status, int) else status
        return self.hold(
            answer.status in wanted and (not code or answer.code == code),
            message,
            answer,
            expected=f"{' or '.join(map(str, wanted))} {code}".strip(),
            seen=f"{answer.status} {answer.code}".strip(),
        )

    def expect(self, answer: Answer, status: int | tuple[int, ...], message: str, code: str = "") -> Answer:
        """
        Return an answer with this status, and this code.

        Raises:
            Stopped: It has another; that has been told.
        """
        if not self.hold_answer(answer, status, code, message):
            raise Stopped
        return answer

    def lack(self, reason: str) -> None:
        """Note that something could not be looked at here."""
        self.record.lacking.setdefault(self.check, reason)

    # ------------------------------------------------------------------------------------------------------- material

    def example(self, operation: Operation) -> Any:
        """Return a body of an operation by its example, with the client's own credentials where it has some."""
        body, access = operation.example, self.target.access
        if not isinstance(body, dict) or "client_secret" not in body or not access.client_id:
            return body
        own = {name: value for name, value in access.form().items() if name in body}
        return {name: value for name, value in body.items() if name != "scope"} | own

    def store(self) -> Mapping[str, Any]:
        """Return an active store."""
        return self._first("listStores", {"status": "ACTIVE", "limit": 1})

    def place_order(self, units: int = 1, sku: str | None = None) -> Mapping[str, Any]:
        """
        Return a new order, of one line with so many units where a buyer can be played.

        Raises:
            Unavailable: There is none.
        """
        if not self.has_operator:
            orders = self.api.call("listOrders", query={"status": "NEW", "limit": 100}).json.get("items", [])
            found = next((one for one in orders if one["lines"][0]["quantity"] >= units), None)
            if found is None:
                raise Unavailable(f"there is no new order of {units} units, and no buyer can be played")
            return dict(found)
        line = {"sku": sku or self.stocked(units)["sku"], "quantity": units}
        placed = self.operator.operate("POST", "/buyers/orders", {"lines": [line], "serviceLevel": "STANDARD"})
        order = self.api.call("getOrder", path={"orderId": placed["items"][0]["orderId"]})
        return dict(self.expect(order, 200, "An order that was placed can be read.").json)

    def stocked(self, units: int = 1) -> Mapping[str, Any]:
        """Return the stock of a store that has at least so many units available."""
        for page in self.api.pages("listInventory", {"limit": 100}, most=5):
            for level in page.json.get("items", []):
                if level["available"] >= max(units, 5):
                    return dict(level)
        raise Unavailable(f"no store has {units} units of anything")

    def _first(self, operation_id: str, query: Mapping[str, Any]) -> Mapping[str, Any]:
        items = self.api.call(operation_id, query=query).json.get("items", [])
        if not items:
            raise Unavailable(f"{operation_id} lists nothing")
        return dict(items[0])
