"""`tenants` and `audit`, typed against a running sandbox."""

import httpx
import pytest

from sandbox_server.remote import Sandbox
from tests.commands.shell import Shell


def test_tenants_are_listed(shell: Shell) -> None:
    lines = shell.says("tenants").splitlines()
    assert lines[0].split() == ["tenant", "fixture", "seed", "orders", "now", "clock"]
    assert [line.split()[:2] for line in lines[1:]] == [["default", "small_chain"], [shell.tenant, "small_chain"]]


def test_every_page_of_tenants_is_listed(shell: Shell) -> None:
    names = [f"of-many-{number}" for number in range(101)]
    for name in names:
        httpx.post(f"{shell.url}/_sandbox/v1/tenants", json={"name": name}, trust_env=False).raise_for_status()
    assert {one["name"] for one in shell.json("tenants")["items"]} >= set(names)
    for name in names:
        httpx.delete(f"{shell.url}/_sandbox/v1/tenants/{name}", trust_env=False).raise_for_status()


def test_a_new_tenant_is_told_with_its_credentials(shell: Shell) -> None:
    said = shell.says("tenants", "create", "of-seed-7", "--seed", "7", "--fixture", "small_chain", "--clock", "real")
    assert said.startswith("Tenant of-seed-7: small_chain, seed 7, at 2026-11-27T15:00:00.")
    shown = shell.says("tenants", "show", "--tenant", "of-seed-7")
    assert "acorn-store.of-seed-7 / sec_" in shown
    assert shown.splitlines()[-1].endswith(", suspended")
    assert ", for S0001" in shown
    assert shell.says("tenants", "delete", "of-seed-7") == "of-seed-7 is gone.\n"


def test_a_name_that_is_taken_is_refused(shell: Shell) -> None:
    assert f"There is a tenant '{shell.tenant}' already." in shell.complains("tenants", "create", shell.tenant)


def test_the_default_tenant_stays(shell: Shell) -> None:
    assert "default" in shell.complains("tenants", "delete", "default")


def test_a_reset_begins_anew(shell: Shell) -> None:
    shell.says("place-order")
    assert shell.json("tenants", "show")["counts"]["orders"] == 121
    assert shell.says("tenants", "reset") == f"{shell.tenant} stands at 2026-11-27T15:00:00.000Z again.\n"
    assert shell.json("tenants", "show")["counts"]["orders"] == 120


def test_an_audit_names_every_invariant(shell: Shell) -> None:
    lines = shell.says("audit").splitlines()
    assert [line.split()[0] for line in lines[1:10]] == list("123456789")
    assert lines[-1] == "Everything holds."


def test_an_audit_tells_faults_that_never_played(shell: Shell) -> None:
    shell.says("faults", "add", "--effect", "lostResponse", "--id", "idle")
    assert "Faults that never played: idle." in shell.says("audit")


def test_an_audit_can_be_had_as_it_came(shell: Shell) -> None:
    assert shell.json("audit")["holds"]


def test_an_audit_that_finds_something_broken_shows_it_and_ends_with_1(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaches = [{"subject": f"S0001/SKU-{n}", "detail": "12, not 13", "entries": [n, 9] if n else []} for n in range(6)]
    broken = {"number": 1, "statement": "Stock conserves.", "state": "BROKEN", "breaches": breaches}
    found = {"holds": False, "invariants": [broken], "unusedFaults": []}
    monkeypatch.setattr(Sandbox, "call", lambda *_: found)
    result = shell.run("audit")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[2:] == [
        "  1. S0001/SKU-0: 12, not 13",
        *(f"  1. S0001/SKU-{n}: 12, not 13 (calls {n}, 9)" for n in range(1, 5)),
        "  … and 1 more",
        "Something is broken.",
    ]
