import pytest

from tests.api.asgi_client import request
from tests.api.sample import make_app


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/v1/things", "GET, PUT"),
        ("/v1/things/T-1", "GET, PATCH"),
        ("/v1/things/latest", "GET"),
        ("/v1/things/T-1/actions", "POST"),
        ("/v1/openapi.json", "GET"),
        ("/docs", "GET"),
    ],
)
@pytest.mark.parametrize("method", ["DELETE", "HEAD", "OPTIONS", "TRACE"])
def test_a_wrong_method_is_told_all_the_right_ones(method: str, path: str, allow: str) -> None:
    got = request(make_app(), method, path)
    assert (got.status, got.headers["allow"]) == (405, allow)


def test_a_wrong_method_needs_no_credential_to_be_told() -> None:
    assert request(make_app(), "DELETE", "/v1/things", key=None).status == 405


def test_a_concrete_path_goes_before_one_with_a_place_in_it() -> None:
    assert request(make_app(), "GET", "/v1/things/latest").json["thingId"] == "LATEST"


def test_a_percent_encoded_letter_is_the_letter() -> None:
    assert request(make_app(), "GET", "/v1/things/%54-1").json["thingId"] == "T-1"


def test_a_trailing_slash_is_not_redirected() -> None:
    got = request(make_app(), "GET", "/v1/things/")
    assert got.status == 404
    assert "location" not in got.headers
