"""The first minutes of somebody who has just installed it."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from tests.e2e.server import Server, running


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as started:
        yield started


def printed_commands(greeting: str) -> list[str]:
    """Return the shell commands in the greeting, continued lines joined."""
    joined = greeting.replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip().startswith("curl ")]


def run(command: str) -> Any:
    """Return the JSON that a printed line brings when it is pasted into a shell."""
    assert shutil.which("curl"), "the printed lines are for curl"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_the_start_prints_where_it_is_and_who_may_call(server: Server) -> None:
    lines = {line.strip() for line in server.greeting.splitlines()}
    assert {
        f"Base URL       {server.url}",
        f"Documentation  {server.origin}/docs",
        "Client id      acorn-sandbox",
        "Client secret  acorn-secret",
        "API key        acorn-key",
    } <= lines
    assert server.origin.startswith("http://127.0.0.1:")


def test_the_start_prints_three_commands(server: Server) -> None:
    assert len(printed_commands(server.greeting)) == 3


def test_the_first_printed_line_brings_a_token_that_opens_the_door(server: Server) -> None:
    token = run(printed_commands(server.greeting)[0])
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
    bearer = {"authorization": f"Bearer {token['access_token']}"}
    with server.client(api_key=None) as client:
        assert client.get("/orders", headers=bearer).status_code == 200


def test_the_second_printed_line_brings_orders_that_wait_for_a_store(server: Server) -> None:
    page = run(printed_commands(server.greeting)[1])
    assert [order["status"] for order in page["items"]] == ["NEW"] * 3
    assert "nextCursor" in page


def test_the_third_printed_line_changes_what_a_store_has(server: Server) -> None:
    result = run(printed_commands(server.greeting)[2])
    accepted = {"storeId": "S0001", "sku": "SKU-00001", "status": "ACCEPTED"}
    assert result == {"accepted": 1, "rejected": 0, "items": [accepted]}
    with server.client() as client:
        (level,) = client.get("/inventory", params={"storeId": "S0001", "sku": "SKU-00001"}).json()["items"]
    assert (level["onHand"], level["sequence"]) == (25, 1_000_000)


def test_the_documentation_is_there_without_the_internet(server: Server) -> None:
    page = httpx.get(f"{server.origin}/docs", trust_env=False)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "http" not in page.text
    for asset in ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "start.js"):
        assert f"/docs/{asset}" in page.text
        assert httpx.get(f"{server.origin}/docs/{asset}", trust_env=False).status_code == 200


def test_the_document_is_served_as_yaml_and_as_json_and_both_say_the_same(server: Server) -> None:
    with server.client(api_key=None) as client:
        as_json, as_yaml = client.get("/openapi.json"), client.get("/openapi.yaml")
    assert as_json.headers["content-type"] == "application/json"
    assert as_yaml.headers["content-type"] == "application/yaml"
    document = as_json.json()
    assert document["openapi"] == "3.0.3"
    said = yaml.safe_load(as_yaml.text)
    assert set(said["paths"]) == set(document["paths"])
    assert said["info"] == document["info"]


def test_nothing_is_written_to_standard_error_and_nothing_to_disk_when_ephemeral(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("here")
    with running("--data-dir", str(folder / "kept"), "--ephemeral") as server:
        with server.client() as client:
            client.get("/health")
            client.get("/nowhere")
            client.post("/oauth/token", content=b"\xff")
        _, said, complained = server.stop()
    assert (said, complained) == ("", "")
    assert list(folder.iterdir()) == []
