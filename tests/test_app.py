"""Whole applications: what they are made of, what they share (nothing), and how their time passes."""

import asyncio
import gc
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox_server.app import create_sandbox, open_world, tenant_of
from sandbox_server.asgi import ASGIApp, Message
from sandbox_server.kernel import clock
from sandbox_server.middleware import pace
from sandbox_server.settings import ClockMode, Settings
from sandbox_server.worlds import FixtureError
from tests.api.asgi_client import Got, request

PAUSE = b'{"status":"PAUSED"}'
JSON = ("Content-Type", "application/json")


@pytest.fixture(autouse=True)
def thaw() -> Iterator[None]:
    """Give back to the collector what each start takes away from it."""
    yield
    gc.unfreeze()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox")


def call(app: ASGIApp, method: str, path: str, body: bytes = b"") -> Got:
    return request(app, method, f"/v1{path}", [JSON] if body else [], body, key="acorn-key")


def test_two_sandboxes_share_nothing(data_dir: Path) -> None:
    settings = Settings(data_dir=data_dir)
    one, other = create_sandbox(settings), create_sandbox(settings)
    untouched = call(other, "GET", "/stores/S0001").body
    assert call(one, "GET", "/stores/S0001").body == untouched
    assert call(one, "PATCH", "/stores/S0001", PAUSE).json["status"] == "PAUSED"
    assert call(other, "GET", "/stores/S0001").body == untouched
    form = b'{"grant_type":"client_credentials","client_id":"acorn-sandbox","client_secret":"acorn-secret"}'
    token = call(one, "POST", "/oauth/token", form).json["access_token"]
    bearer = [("Authorization", f"Bearer {token}")]
    assert request(one, "GET", "/v1/stores", bearer, key=None).status == 200
    assert request(other, "GET", "/v1/stores", bearer, key=None).status == 401


def test_two_sandboxes_of_one_seed_answer_with_the_same_bytes(data_dir: Path) -> None:
    kept, fresh = create_sandbox(Settings(data_dir=data_dir)), create_sandbox(Settings(ephemeral=True))
    for path in ("/orders", "/inventory/movements", "/returns", "/health", "/nowhere"):
        assert call(kept, "GET", path) == call(fresh, "GET", path)


def test_another_seed_is_another_world() -> None:
    orders = [
        call(create_sandbox(Settings(ephemeral=True, seed=seed)), "GET", "/orders?limit=5").body for seed in (7, 8)
    ]
    assert orders[0] != orders[1]


def test_a_start_tells_how_far_it_is() -> None:
    told: list[tuple[str, int, int]] = []
    open_world(Settings(ephemeral=True), lambda *step: told.append(step))
    assert told
    assert all(0 <= done <= total for _, done, total in told)
    assert told[-1][1] == told[-1][2]


def test_an_ephemeral_sandbox_leaves_nothing_behind(tmp_path: Path) -> None:
    create_sandbox(Settings(data_dir=tmp_path / "kept", ephemeral=True))
    assert not (tmp_path / "kept").exists()


def test_a_fixture_that_is_none_is_an_error() -> None:
    with pytest.raises(FixtureError, match="small_chain"):
        create_sandbox(Settings(fixture="small_chian", ephemeral=True))


def test_a_data_folder_that_cannot_be_written_to_is_warned_of_and_worked_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("in the way")
    app = create_sandbox(Settings(data_dir=tmp_path))
    assert call(app, "GET", "/health").status == 200
    (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "not kept" in warning.getMessage()


def test_the_world_that_was_loaded_is_out_of_the_collectors_sight() -> None:
    gc.unfreeze()
    create_sandbox(Settings(ephemeral=True))
    assert gc.get_freeze_count() > 10_000


# time


class Stopwatch:
    """Stands in for the machine's clock."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def monotonic_ns(self) -> int:
        return int(self.seconds * 1_000_000_000)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    stopwatch = Stopwatch()
    monkeypatch.setattr(clock, "time", stopwatch)
    return stopwatch


def test_frozen_time_stands_still_whatever_the_machine_does(data_dir: Path, machine: Stopwatch) -> None:
    app = create_sandbox(Settings(data_dir=data_dir))
    first = call(app, "GET", "/health")
    machine.seconds += 3600
    again = call(app, "GET", "/health")
    assert (again.body, again.headers["date"]) == (first.body, first.headers["date"])


def test_real_time_runs_from_the_worlds_own_moment(data_dir: Path, machine: Stopwatch) -> None:
    app = create_sandbox(Settings(data_dir=data_dir, clock=ClockMode.REAL))
    assert call(app, "GET", "/health").json["time"] == "2026-11-27T15:00:00.000Z"
    machine.seconds += 61.5
    later = call(app, "GET", "/health")
    assert later.json["time"] == "2026-11-27T15:01:01.500Z"
    assert later.headers["date"] == "Fri, 27 Nov 2026 15:01:01 GMT"


def test_a_call_finds_done_what_was_due_before_it(data_dir: Path, machine: Stopwatch) -> None:
    app = create_sandbox(Settings(data_dir=data_dir, clock=ClockMode.REAL))
    machine.seconds += 86_400
    assert call(app, "GET", "/stores/S0001").status == 200
    assert call(app, "PATCH", "/stores/S0001", b'{"safetyStock":1}').status == 200
    assert call(app, "GET", "/orders?status=NEW").json["items"] == []


def test_what_is_due_is_done_while_nobody_calls(
    data_dir: Path, machine: Stopwatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "_SECONDS", 0)
    app = create_sandbox(Settings(data_dir=data_dir, clock=ClockMode.REAL))
    assert call(app, "GET", "/orders?status=NEW").json["items"] != []
    machine.seconds += 86_400

    asyncio.run(_live_until_nothing_waits(app))
    assert call(app, "GET", "/orders?status=NEW").json["items"] == []


async def _live_until_nothing_waits(app: ASGIApp) -> None:
    """Have the server live until no order waits for its store; reading does nothing of what is due."""
    phases: asyncio.Queue[Message] = asyncio.Queue()
    answers: asyncio.Queue[Message] = asyncio.Queue()
    life = asyncio.ensure_future(app({"type": "lifespan"}, phases.get, answers.put))
    await phases.put({"type": "lifespan.startup"})
    assert await answers.get() == {"type": "lifespan.startup.complete"}
    transport = httpx.ASGITransport(app)
    async with asyncio.timeout(60), httpx.AsyncClient(transport=transport, base_url="http://sandbox/v1") as client:
        client.headers["x-api-key"] = "acorn-key"
        while (await client.get("/orders", params={"status": "NEW"})).json()["items"]:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
    await phases.put({"type": "lifespan.shutdown"})
    await life
    assert await answers.get() == {"type": "lifespan.shutdown.complete"}


def test_a_tenants_clock_follows_the_mode(data_dir: Path) -> None:
    world = open_world(Settings(data_dir=data_dir), lambda *_: None)
    frozen = tenant_of(world, ClockMode.FROZEN)
    assert (frozen.now(), frozen.runs) == (world.now, False)
    assert tenant_of(world, ClockMode.REAL).runs
