import re

import pytest
import yaml

from tests.api.asgi_client import request
from tests.api.sample import CONTRACT, make_app


def test_the_document_is_there_as_it_was_written() -> None:
    got = request(make_app(), "GET", "/v1/openapi.yaml", key=None)
    assert (got.status, got.headers["content-type"], got.body) == (200, "application/yaml", CONTRACT.source)


def test_the_document_in_json_says_the_same() -> None:
    """Only what YAML takes for a time is a string in it, and what it takes for a number as a key."""
    got = request(make_app(), "GET", "/v1/openapi.json", key=None).json
    source = yaml.safe_load(CONTRACT.source)
    assert got["components"]["schemas"]["Thing"]["properties"]["at"]["example"] == "2026-11-27T15:00:00.000Z"
    assert got["paths"] == source["paths"]


PAGES = ["/docs", "/docs/swagger-ui-bundle.js", "/docs/start.js", "/v1/openapi.json", "/v1/openapi.yaml"]


@pytest.mark.parametrize("path", PAGES)
def test_who_has_the_page_gets_304_without_a_body(path: str) -> None:
    app = make_app()
    etag = request(app, "GET", path).headers["etag"]
    for given in (etag, f'"other", W/{etag}', "*"):
        got = request(app, "GET", path, [("If-None-Match", given)])
        assert (got.status, got.body, got.headers["etag"]) == (304, b"", etag)
    assert request(app, "GET", path, [("If-None-Match", '"other"')]).status == 200


def test_the_page_loads_nothing_from_elsewhere_and_all_that_it_loads_is_there() -> None:
    app = make_app()
    got = request(app, "GET", "/docs")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', got.body.decode())
    assert {request(app, "GET", path).status for path in loaded} == {200}
    assert b"//" not in got.body
    assert "default-src 'self'" in got.headers["content-security-policy"]


def test_the_page_has_no_script_of_its_own() -> None:
    """The policy would keep a browser from running it."""
    scripts = re.findall(rb"<script(.*?)>(.*?)</script>", request(make_app(), "GET", "/docs").body)
    assert scripts
    assert all(b"src=" in attributes and not text for attributes, text in scripts)


def test_the_page_starts_with_the_document() -> None:
    assert b'url: "/v1/openapi.json"' in request(make_app(), "GET", "/docs/start.js").body


def test_a_title_is_text_and_not_markup() -> None:
    assert b"<title>Sample &lt;contract&gt;</title>" in request(make_app(), "GET", "/docs").body


def test_every_page_says_what_it_is_and_is_not_to_be_guessed() -> None:
    for path in PAGES:
        assert request(make_app(), "GET", path).headers["x-content-type-options"] == "nosniff"
