"""Tenants: made, listed, begun anew and deleted, each with a world and credentials of its own."""

from typing import Any

import pytest

from tests.control.stage import CONTROL, KEY, TENANT, Stage, faults_in

TENANTS = f"{CONTROL}/tenants"
NEW_STORE = {
    "storeId": "S0777",
    "name": "Pier 7",
    "address": {
        "line1": "7 Pier",
        "city": "New York",
        "country": "US",
        "location": {"latitude": 40.7, "longitude": -74.0},
    },
    "timeZone": "America/New_York",
    "openingHours": {"monday": [{"opens": "09:00", "closes": "17:00"}]},
    "cutOff": "16:00",
    "dailyOrderCapacity": 10,
    "safetyStock": 0,
    "capabilities": ["SHIP_FROM_STORE"],
}


def key_of(tenant: Any) -> str:
    """The key of a tenant's client that may do everything."""
    return str(tenant["credentials"][0]["apiKey"])


def store_ids(stage: Stage, key: str) -> list[str]:
    return [store["storeId"] for store in stage.look("/v1/stores?limit=100", key)["items"]]


def test_the_default_tenant_is_there_from_the_start_with_the_published_credentials(stage: Stage) -> None:
    (tenant,) = stage.look(TENANTS, None)["items"]
    assert (tenant["name"], tenant["fixture"], tenant["currency"]) == ("default", "small_chain", "USD")
    assert "credentials" not in tenant
    whole = stage.look(TENANT, None)
    assert {"acorn-key", "acorn-reader-key"} < {one["apiKey"] for one in whole.pop("credentials")}
    assert whole == tenant


def test_a_tenant_is_made_as_it_was_asked_for(stage: Stage) -> None:
    asked = {
        "name": "checkout-7",
        "fixture": "small_chain",
        "seed": 99,
        "clock": {"mode": "FROZEN", "now": "2026-11-29T10:00:00-05:00"},
    }
    got = stage.call("POST", TENANTS, asked)
    assert (got.status, got.headers["location"]) == (201, f"{TENANTS}/checkout-7")
    tenant = got.json
    assert (tenant["name"], tenant["fixture"], tenant["seed"]) == ("checkout-7", "small_chain", 99)
    assert (tenant["clock"]["mode"], tenant["clock"]["now"]) == ("FROZEN", "2026-11-29T15:00:00.000Z")
    assert stage.look(got.headers["location"], None) == tenant


def test_a_tenant_that_is_asked_for_nothing_begins_as_the_default_one_began(stage: Stage) -> None:
    default = stage.look(TENANT, None)
    stage.done("/buyers/orders", {"count": 3})
    got = stage.call("POST", TENANTS)
    tenant = got.json
    assert got.status == 201
    assert {**tenant, "name": "", "credentials": []} == {**default, "name": "", "credentials": []}
    assert tenant["name"] not in {"default", stage.made()["name"]}


def test_another_seed_is_another_world_and_the_same_seed_the_same(stage: Stage) -> None:
    first, again, other = stage.made(seed=5), stage.made(seed=5), stage.made(seed=6)
    orders = [stage.look("/v1/orders?limit=100", key_of(tenant)) for tenant in (first, again, other)]
    assert orders[0]["items"] == orders[1]["items"] != orders[2]["items"]


def test_a_clock_that_runs_can_be_asked_for(stage: Stage) -> None:
    assert stage.made(clock={"mode": "SCALED", "scale": 60})["clock"]["scale"] == 60
    assert stage.made(clock={"mode": "REAL"})["clock"]["scale"] == 1


def test_credentials_reach_their_own_world_and_no_other(stage: Stage) -> None:
    one, two = stage.made(name="one"), stage.made(name="two")
    assert stage.call("POST", "/v1/stores", NEW_STORE, key_of(one)).status == 201
    assert "S0777" in store_ids(stage, key_of(one))
    assert "S0777" not in store_ids(stage, key_of(two)) + store_ids(stage, KEY)
    keys = {login["apiKey"] for tenant in (one, two) for login in tenant["credentials"]}
    ids = {login["clientId"] for tenant in (one, two) for login in tenant["credentials"]}
    assert len(keys) == len(ids) == 2 * len(one["credentials"])


def test_every_kind_of_client_has_its_like_in_a_new_tenant(stage: Stage) -> None:
    default, tenant = stage.look(TENANT, None)["credentials"], stage.made()["credentials"]
    told = [[{**login, "clientId": "", "clientSecret": "", "apiKey": ""} for login in one] for one in (default, tenant)]
    assert told[0] == told[1]
    by_kind = {login["clientId"].partition(".")[0]: login["apiKey"] for login in tenant}
    assert stage.call("GET", "/v1/orders", key=by_kind["acorn-suspended"]).json["code"] == "ACCOUNT_SUSPENDED"
    assert stage.call("POST", "/v1/stores", NEW_STORE, by_kind["acorn-reader"]).json["code"] == "SCOPE_MISSING"


def test_a_token_of_a_new_tenant_opens_its_world(stage: Stage) -> None:
    client = stage.made()["credentials"][0]
    login = {
        "grant_type": "client_credentials",
        "client_id": client["clientId"],
        "client_secret": client["clientSecret"],
    }
    token = stage.call("POST", "/v1/oauth/token", login).json["access_token"]
    assert stage.call("POST", "/v1/stores", NEW_STORE, Authorization=f"Bearer {token}").status == 201
    assert "S0777" in store_ids(stage, client["apiKey"])
    assert "S0777" not in store_ids(stage, KEY)


def test_credentials_of_a_deleted_tenant_open_nothing(stage: Stage) -> None:
    tenant = stage.made(name="brief")
    assert stage.call("DELETE", f"{TENANTS}/brief").status == 204
    assert stage.call("GET", "/v1/orders", key=key_of(tenant)).status == 401
    assert stage.call("GET", f"{TENANTS}/brief").status == 404
    assert stage.call("DELETE", f"{TENANTS}/brief").status == 404
    assert [one["name"] for one in stage.look(TENANTS, None)["items"]] == ["default"]


def test_a_name_is_free_again_after_its_tenant_and_makes_the_same_secrets(stage: Stage) -> None:
    first = stage.made(name="again")
    stage.call("DELETE", f"{TENANTS}/again")
    assert stage.made(name="again") == first


def test_the_default_tenant_stays(stage: Stage) -> None:
    before = stage.state()
    got = stage.call("DELETE", TENANT)
    assert (got.status, got.json["code"]) == (409, "ILLEGAL_TRANSITION")
    assert stage.state() == before


@pytest.mark.parametrize("name", ["default", "taken"])
def test_a_name_that_is_taken_is_refused(stage: Stage, name: str) -> None:
    stage.made(name="taken")
    before = stage.state()
    got = stage.call("POST", TENANTS, {"name": name, "seed": 3})
    assert (got.status, got.json["code"]) == (409, "DUPLICATE")
    assert stage.state() == before


def test_an_unknown_fixture_is_refused_and_the_nearest_one_named(stage: Stage) -> None:
    before = stage.state()
    got = stage.call("POST", TENANTS, {"fixture": "smal_chain"})
    assert (got.status, got.json["code"]) == (422, "UNPROCESSABLE")
    assert faults_in(got) == [("/fixture", "UNKNOWN_FIXTURE")]
    assert "small_chain" in got.json["errors"][0]["message"]
    assert stage.state() == before


def test_an_unknown_member_is_refused_and_the_nearest_one_named(stage: Stage) -> None:
    got = stage.call("POST", TENANTS, {"fixtrue": "small_chain"})
    assert (got.status, faults_in(got)) == (400, [("/fixtrue", "UNKNOWN_MEMBER")])
    assert "fixture" in got.json["errors"][0]["message"]


@pytest.mark.parametrize(
    ("clock", "status", "code"),
    [
        ({"mode": "SCALED"}, 400, "INVALID_REQUEST"),
        ({"mode": "REAL", "scale": 2}, 400, "INVALID_REQUEST"),
        ({"now": "2020-01-01T00:00:00Z"}, 409, "CLOCK_CANNOT_GO_BACK"),
        ({"now": "2126-01-01T00:00:00Z"}, 422, "UNPROCESSABLE"),
    ],
)
def test_a_clock_that_cannot_be_makes_no_tenant(stage: Stage, clock: Any, status: int, code: str) -> None:
    before = stage.state()
    got = stage.call("POST", TENANTS, {"name": "late", "clock": clock})
    assert (got.status, got.json["code"]) == (status, code)
    assert stage.state() == before


def test_the_same_key_gives_the_first_answer_again(stage: Stage) -> None:
    first = stage.call("POST", TENANTS, {"seed": 4}, Idempotency_Key="tenants-1")
    again = stage.call("POST", TENANTS, {"seed": 4}, Idempotency_Key="tenants-1")
    assert again.json == first.json
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert len(stage.look(TENANTS, None)["items"]) == 2


def test_a_key_of_another_request_is_refused(stage: Stage) -> None:
    stage.call("POST", TENANTS, {"seed": 4}, Idempotency_Key="tenants-2")
    before = stage.state()
    for path, body in ((TENANTS, {"seed": 5}), (f"{TENANT}/snapshots", None)):
        got = stage.call("POST", path, body, Idempotency_Key="tenants-2")
        assert (got.status, got.json["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert stage.state() == before


def test_a_refused_request_spends_no_key(stage: Stage) -> None:
    assert stage.call("POST", TENANTS, {"fixture": "nowhere"}, Idempotency_Key="tenants-3").status == 422
    assert stage.call("POST", TENANTS, {"name": "after-all"}, Idempotency_Key="tenants-3").status == 201


def test_tenants_are_listed_in_order_of_their_making_page_by_page(stage: Stage) -> None:
    names = [stage.made()["name"] for _ in range(4)]
    first = stage.look(f"{TENANTS}?limit=2", None)
    stage.call("DELETE", f"{TENANTS}/{names[0]}")
    newest = stage.made()["name"]
    rest = stage.look(f"{TENANTS}?limit=100&cursor={first['nextCursor']}", None)
    listed = [tenant["name"] for tenant in first["items"] + rest["items"]]
    assert listed == ["default", *names, newest]
    assert "nextCursor" not in rest


def test_a_reset_puts_world_and_time_back_and_keeps_credentials(stage: Stage) -> None:
    tenant = stage.made(name="worn")
    path, key = f"{TENANTS}/worn", key_of(tenant)
    stage.call("POST", "/v1/stores", NEW_STORE, key)
    stage.call("POST", f"{path}/clock/advance", {"by": "P2D"})
    assert stage.look(path, None)["counts"] != tenant["counts"]
    got = stage.call("POST", f"{path}/reset")
    assert (got.status, got.json) == (200, tenant)
    assert "S0777" not in store_ids(stage, key)


def test_a_reset_ends_tokens_and_arrivals_and_empties_the_journal(stage: Stage) -> None:
    login = {"grant_type": "client_credentials", "client_id": "acorn-sandbox", "client_secret": "acorn-secret"}
    token = stage.call("POST", "/v1/oauth/token", login).json["access_token"]
    stage.call("PUT", f"{TENANT}/arrivals", {"profile": "STEADY", "perMinute": 1, "duration": "PT1H"})
    stage.reset()
    assert stage.look(f"{TENANT}/journal", None)["items"] == []
    assert stage.call("GET", f"{TENANT}/arrivals").status == 404
    assert stage.call("GET", "/v1/orders", Authorization=f"Bearer {token}").status == 401
    assert [one["number"] for one in stage.look(f"{TENANT}/journal", None)["items"]] == [1]
    assert stage.look(f"{TENANT}/audit", None)["holds"]


def test_a_reset_leaves_the_clocks_mode(stage: Stage) -> None:
    tenant = stage.made(name="fast", clock={"mode": "SCALED", "scale": 0.001})
    again = stage.call("POST", f"{TENANTS}/fast/reset").json
    assert (again["clock"]["mode"], again["clock"]["scale"]) == ("SCALED", 0.001)
    assert again["counts"] == tenant["counts"]


def test_a_reset_of_a_tenant_that_there_is_not_is_refused(stage: Stage) -> None:
    got = stage.call("POST", f"{TENANTS}/nobody/reset")
    assert (got.status, got.json["detail"]) == (404, "There is no tenant 'nobody'.")


def test_a_reset_takes_fault_rules_away_and_leaves_the_throttles_profile(stage: Stage) -> None:
    stage.done("/faults", {"effect": {"error": {"status": 503}}})
    stage.call("PUT", f"{TENANT}/throttles", {"profile": "strict"})
    assert stage.done("/reset")["throttleProfile"] == "strict"
    assert stage.look(f"{TENANT}/faults", None) == {"items": []}


def test_a_token_comes_with_the_time_of_the_tenant_that_it_is_good_for(stage: Stage) -> None:
    made = stage.made(name="late", clock={"mode": "FROZEN"})
    stage.call("POST", f"{TENANTS}/late/clock/advance", {"by": "P30D"})
    login = made["credentials"][0]
    asked = {"grant_type": "client_credentials", "client_id": login["clientId"], "client_secret": login["clientSecret"]}
    got = stage.call("POST", "/v1/oauth/token", asked)
    assert got.status == 200
    assert got.headers["date"] == "Sun, 27 Dec 2026 15:00:00 GMT"
