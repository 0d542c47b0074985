"""`snapshot`, typed against a running sandbox."""

from pathlib import Path

from tests.commands.shell import Shell


def orders(shell: Shell, tenant: str) -> int:
    return int(shell.json("tenants", "show", "--tenant", tenant)["counts"]["orders"])


def test_a_snapshot_is_taken_listed_and_gone_back_to(shell: Shell) -> None:
    assert shell.says("snapshot") == "There are no snapshots. Take one with 'snapshot take'.\n"
    name, at = shell.says("snapshot", "take", "--label", "before it all").split()
    shell.says("place-order", "--count", "5")
    head, row = shell.says("snapshot", "list").splitlines()
    assert head.split() == ["snapshot", "at", "orders", "label"]
    assert row.split() == [name, at, "120", "before", "it", "all"]
    assert shell.says("snapshot", "restore", name) == f"{shell.tenant} stands at {at} again.\n"
    assert orders(shell, shell.tenant) == 120


def test_a_fork_is_a_tenant_of_its_own(shell: Shell) -> None:
    shell.says("place-order")
    name = shell.json("snapshot", "take")["snapshotId"]
    said = shell.says("snapshot", "fork", name, "--name", "forked")
    assert said.startswith("Tenant forked, at ")
    assert "acorn-sandbox.forked / " in said
    assert orders(shell, "forked") == 121
    shell.says("tenants", "delete", "forked")


def test_a_world_is_carried_away_and_brought_in(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "world.snapshot"
    shell.says("place-order", "--count", "2")
    assert shell.says("snapshot", "export", str(file)).startswith(f"{file}: ")
    assert shell.json("snapshot")["items"] == []
    assert list(tmp_path.iterdir()) == [file]
    assert shell.says("snapshot", "import", str(file), "--name", "brought").startswith("Tenant brought, at ")
    assert orders(shell, "brought") == 122
    shell.says("tenants", "delete", "brought")


def test_a_snapshot_that_was_taken_can_be_carried_away_and_stays(shell: Shell, tmp_path: Path) -> None:
    name = shell.json("snapshot", "take")["snapshotId"]
    answer = shell.json("snapshot", "export", str(tmp_path / "it"), "--snapshot", name)
    assert answer["bytes"] == (tmp_path / "it").stat().st_size
    assert [one["snapshotId"] for one in shell.json("snapshot")["items"]] == [name]


def test_an_export_that_fails_leaves_no_file(shell: Shell, tmp_path: Path) -> None:
    assert "snp_nosuch" in shell.complains("snapshot", "export", str(tmp_path / "it"), "--snapshot", "snp_nosuch")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told_as_that(shell: Shell, tmp_path: Path) -> None:
    complaint = shell.complains("snapshot", "export", str(tmp_path / "none" / "it"))
    assert "No such file or directory" in complaint
    assert shell.json("snapshot")["items"] == []


def test_a_file_that_is_no_snapshot_is_refused(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "it").write_bytes(b"no snapshot")
    assert "no snapshot" in shell.complains("snapshot", "import", str(tmp_path / "it"))
