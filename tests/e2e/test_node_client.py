"""The client in JavaScript works through worlds over real HTTP; the server says what became of them."""

import json
import os
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox_server.testing import Marketplace, MarketplaceServer

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "fixtures" / "clients" / "node" / "client.js"
UNIT_TESTS = ROOT / "tests" / "clients" / "node"
PATIENCE_SECONDS = 60
NODE = shutil.which("node")
OPEN_ORDERS = ("NEW", "ACKNOWLEDGED", "PARTIALLY_SHIPPED")
OPEN_RETURNS = ("AUTHORISED", "RECEIVED_IN_PART", "RECEIVED")
SCALE = 60

pytestmark = pytest.mark.skipif(NODE is None, reason="Node.js is not installed, and the client in JavaScript needs it")


@pytest.fixture(scope="module")
def server() -> Iterator[MarketplaceServer]:
    with MarketplaceServer.start() as server:
        yield server


@pytest.fixture
def marketplace(server: MarketplaceServer) -> Iterator[Marketplace]:
    marketplace = server.new_tenant(seed=7)
    yield marketplace
    marketplace.delete()


def environment(marketplace: Marketplace) -> dict[str, str]:
    return {
        "ACORN_BASE_URL": marketplace.url,
        "ACORN_CLIENT_ID": marketplace.client_id,
        "ACORN_CLIENT_SECRET": marketplace.client_secret,
        "ACORN_POS_URL": f"{marketplace.url.removesuffix('/v1')}/_sandbox/v1/pos",
    }


def start(told: dict[str, str], *options: str) -> "subprocess.Popen[str]":
    mine = {name: value for name, value in os.environ.items() if not name.startswith("ACORN_")}
    return subprocess.Popen(
        [str(NODE), str(CLIENT), *options],
        env=mine | told,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(told: dict[str, str], *options: str) -> tuple[int, str, str]:
    with start(told, *options) as client:
        said, complained = client.communicate(timeout=PATIENCE_SECONDS)
    return client.returncode, said, complained


def read(marketplace: Marketplace, path: str, **filters: str) -> list[Json]:
    with httpx.Client(base_url=marketplace.url, headers={"X-Api-Key": marketplace.api_key}) as http:
        items: list[Json] = []
        query = filters | {"limit": "100"}
        while True:
            page = http.get(path, params=query).raise_for_status().json()
            items += page["items"]
            if "nextCursor" not in page:
                return items
            query["cursor"] = page["nextCursor"]


def open_ones(marketplace: Marketplace) -> list[str]:
    orders = [order["orderId"] for order in read(marketplace, "/orders") if order["status"] in OPEN_ORDERS]
    return orders + [rma["returnId"] for rma in read(marketplace, "/returns") if rma["status"] in OPEN_RETURNS]


def journal(marketplace: Marketplace) -> list[Json]:
    url = f"{marketplace.url.removesuffix('/v1')}/_sandbox/v1/tenants/{marketplace.name}/journal/export?format=ndjson"
    return [json.loads(line) for line in httpx.get(url).raise_for_status().text.splitlines()]


def said_of(call: Json, header: str) -> str:
    said = {one["name"].lower(): one["value"] for one in call["request"]["headers"]}
    return str(said.get(header, ""))


def assert_all_is_well(marketplace: Marketplace, seen: list[Json]) -> None:
    """Every invariant holds, and nothing was asked that the contract does not have."""
    audit = marketplace.audit()
    assert audit.holds, audit
    assert not marketplace.journal.unmatched()
    assert not [call for call in seen if call["verdict"] == "VIOLATION"]


def test_its_rules_hold_by_themselves() -> None:
    tests = sorted(map(str, UNIT_TESTS.glob("*.test.mjs")))
    assert tests
    done = subprocess.run([str(NODE), "--test", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_takes_every_open_order_and_return_to_its_end_and_a_second_one_finds_nothing_to_do(
    marketplace: Marketplace, tmp_path: Path
) -> None:
    told = environment(marketplace)
    assert len(open_ones(marketplace)) > 25
    before = len(journal(marketplace))

    code, said, complained = run(told, "--once", "--state", str(tmp_path / "state"))

    seen = journal(marketplace)[before:]
    assert (code, complained) == (0, "")
    assert "     0  unfinished" in said
    assert not open_ones(marketplace)
    assert_all_is_well(marketplace, seen)
    assert Counter(call.get("operationId") for call in seen)["createToken"] == 1
    assert said_of(seen[-1], "user-agent").startswith("store-chain-node/")

    movements = read(marketplace, "/inventory/movements")
    assert run(told, "--once", "--state", str(tmp_path / "another")) == (0, "     0  unfinished\n", "")
    assert read(marketplace, "/inventory/movements") == movements


FAULTS: tuple[tuple[str, Json], ...] = (
    ("acknowledgeOrder", {"lostResponse": True}),
    ("createShipment", {"lostResponse": True}),
    ("receiveReturn", {"lostResponse": True}),
    ("refundReturn", {"lostResponse": True}),
    ("acknowledgeOrder", {"token": "expire"}),
    ("createShipment", {"error": {"status": 429, "retryAfter": 2, "retryAfterForm": "http-date"}}),
    ("listOrders", {"error": {"status": 503, "body": "html"}}),
    ("listInvoices", {"error": {"status": 500}}),
    ("getOrder", {"fault": "CONNECTION_RESET_BY_PEER"}),
    ("listReturns", {"fault": "TRUNCATED_BODY"}),
    ("postInvoice", {"fault": "EMPTY_RESPONSE"}),
    ("getOrder", {"drift": {"unknownField": "xNew"}}),
    ("listReturns", {"drift": {"unknownField": "xNew"}}),
)


def test_it_does_everything_once_whatever_happens_to_its_calls(marketplace: Marketplace, tmp_path: Path) -> None:
    for operation, effect in FAULTS:
        marketplace.faults.add(operation, effect, max_count=1)

    code, said, complained = run(environment(marketplace), "--once", "--state", str(tmp_path / "state"))

    assert code == 0, said + complained
    assert not marketplace.faults.unused()
    seen = journal(marketplace)
    assert not open_ones(marketplace)
    assert_all_is_well(marketplace, seen)
    assert_one_key_for_every_wish(seen)
    assert_throttled_ones_waited(seen)


def assert_one_key_for_every_wish(seen: list[Json]) -> None:
    keys: defaultdict[str, set[str]] = defaultdict(set)
    wishes: defaultdict[str, set[str]] = defaultdict(set)
    for call in seen:
        # A call that is turned away at the door has no body in the journal: nobody has read it.
        if (key := said_of(call, "idempotency-key")) and "body" in call["request"]:
            wish = json.dumps([call["path"], call["request"]["body"]])
            keys[wish].add(key)
            wishes[key].add(wish)
    assert len(keys) == len(wishes) > 0
    assert not [several for several in (*keys.values(), *wishes.values()) if len(several) > 1]


def assert_throttled_ones_waited(seen: list[Json]) -> None:
    for number, call in enumerate(seen):
        again = next((one for one in seen[number + 1 :] if one["operationId"] == call["operationId"]), None)
        if call.get("status") == 429 and again is not None:
            assert again["receivedMonotonicMs"] - call["receivedMonotonicMs"] >= 2000


class Running:
    """A client that goes on until the test has seen what it waits for."""

    def __init__(self, marketplace: Marketplace, state: Path, *options: str) -> None:
        marketplace.clock.run(SCALE)
        told = environment(marketplace) | {"ACORN_CLOCK_SCALE": str(SCALE), "ACORN_DEADLINE_SECONDS": "30"}
        self.process = start(told, "--state", str(state), "--verbose", *options)

    def until(self, is_so: Callable[[str], object]) -> None:
        """Read what it says until that is so; fail where it ends before."""
        assert self.process.stderr is not None
        lines = []
        for line in self.process.stderr:
            lines.append(line)
            if is_so(line):
                return
        raise AssertionError("".join(lines))

    def end(self) -> str:
        """End it as Ctrl-C does; return what it has done."""
        self.process.terminate()
        said, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        assert self.process.returncode == 0
        return said


@pytest.fixture
def running(marketplace: Marketplace, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    clients: list[Running] = []

    def run_on(*options: str) -> Running:
        clients.append(Running(marketplace, tmp_path / "state", *options))
        return clients[-1]

    yield run_on
    for client in clients:
        client.process.kill()
        client.process.communicate()


def test_killed_half_way_it_loses_nothing_and_does_nothing_twice(
    marketplace: Marketplace, running: Callable[..., Running], tmp_path: Path
) -> None:
    client = running()
    parcels: list[str] = []

    def has_shipped_five(line: str) -> bool:
        parcels.extend([line] if " left " in line else [])
        return len(parcels) == 5

    client.until(has_shipped_five)
    client.process.kill()
    marketplace.clock.freeze()
    assert open_ones(marketplace)

    code, said, _ = run(environment(marketplace), "--once", "--state", str(tmp_path / "state"))

    assert code == 0, said
    assert not open_ones(marketplace)
    assert_all_is_well(marketplace, journal(marketplace))


def test_it_reports_what_the_tills_sell_and_never_promises_it_again(
    marketplace: Marketplace, running: Callable[..., Running], tmp_path: Path
) -> None:
    assert run(environment(marketplace), "--once", "--state", str(tmp_path / "state"))[0] == 0
    client = running()
    shelves = marketplace.operate("GET", "/till/stock", query={"limit": 100})["items"]
    closed = max(shelf["storeId"] for shelf in shelves)
    sold = next(shelf for shelf in shelves if shelf["physical"] > 3 and shelf["storeId"] != closed)
    line = {"sku": sold["sku"], "quantity": sold["physical"]}
    marketplace.operate("POST", "/till/sales", {"storeId": sold["storeId"], "lines": [line]})
    marketplace.operate("POST", f"/stores/{closed}/close")
    full = [shelf for shelf in shelves if shelf["storeId"] == closed and shelf["physical"]]
    to_come = {f"{shelf['storeId']}/{shelf['sku']}: 0 reported" for shelf in full}
    to_come.add(f"{sold['storeId']}/{sold['sku']}: 0 reported")

    def has_all_been_told(line: str) -> bool:
        to_come.difference_update([line.partition("INFO ")[2].strip()])
        return not to_come

    client.until(has_all_been_told)
    client.end()
    levels = {(one["storeId"], one["sku"]): one["onHand"] for one in read(marketplace, "/inventory")}
    assert levels[sold["storeId"], sold["sku"]] == 0
    assert not any(on_hand for (store_id, _), on_hand in levels.items() if store_id == closed)
    assert_all_is_well(marketplace, journal(marketplace))


def test_it_comes_when_it_is_called(marketplace: Marketplace, running: Callable[..., Running]) -> None:
    client = running("--listen", "127.0.0.1:0", "--poll-seconds", "3600")
    client.until(lambda line: "webhooks come to" in line)
    [order] = marketplace.place_orders(1)
    client.until(lambda line: order.order_id in line and " left " in line)
    assert "  webhooks taken" in client.end()


def test_a_wrong_secret_ends_it_after_one_try(marketplace: Marketplace, tmp_path: Path) -> None:
    told = environment(marketplace) | {"ACORN_CLIENT_SECRET": "wrong"}

    code, said, complained = run(told, "--state", str(tmp_path / "state"))

    assert (code, said) == (2, "")
    assert complained.startswith("The client cannot go on: The marketplace gives no token; look at ACORN_CLIENT_ID and")
    assert len(marketplace.journal.calls("createToken")) <= 1


MISTAKES = {
    "a deadline that is none": ({"ACORN_DEADLINE_SECONDS": "soon"}, (), "ACORN_DEADLINE_SECONDS is to be a number"),
    "a file that is no state": ({}, ("--state", str(CLIENT)), "The client cannot keep its state in"),
    "an address that is none": ({}, ("--listen", "8080"), '--listen is to be HOST:PORT, not "8080".'),
    "an option that is none": ({}, ("--twice",), "Unknown option '--twice'"),
    "no account": ({"ACORN_CLIENT_ID": ""}, (), "Set ACORN_CLIENT_ID and ACORN_CLIENT_SECRET, or ACORN_API_KEY."),
    "no price list": ({}, ("--prices", "nowhere.json"), "nowhere.json is no list of prices"),
    "no URL": ({"ACORN_BASE_URL": "localhost:8080"}, (), "Set ACORN_BASE_URL to where the marketplace is"),
}


@pytest.mark.parametrize("name", sorted(MISTAKES))
def test_what_a_person_has_to_mend_is_said_in_one_line(tmp_path: Path, name: str) -> None:
    members, options, complaint = MISTAKES[name]
    told = {"ACORN_BASE_URL": "http://127.0.0.1:1", "ACORN_CLIENT_ID": "chain", "ACORN_CLIENT_SECRET": "secret"}

    code, said, complained = run(told | members, "--state", str(tmp_path / "state"), *options)

    *warnings, last = complained.splitlines()
    assert (code, said) == (2, "")
    assert last.startswith("The client cannot go on: ")
    assert complaint in last
    assert all(" WARNING " in line for line in warnings)


def test_help_needs_no_account() -> None:
    code, said, complained = run({}, "--help")
    assert (code, complained) == (0, "")
    assert "ACORN_POS_URL" in said
