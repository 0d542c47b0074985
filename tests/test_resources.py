"""Contracts and fixtures are found wherever the sandbox was installed."""

import sys
from pathlib import Path

import pytest

from sandbox_server.resources import ResourceNotFound, _find, contract_path, fixture_path, make_importable


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "fixtures" / "clients").mkdir(parents=True)
    (tmp_path / "fixtures" / "small_chain.yaml").write_text("stores: 5")
    (tmp_path / "secret.txt").write_text("not a fixture")
    return tmp_path


def test_the_marketplace_contract_and_the_small_world_are_found_here() -> None:
    assert contract_path("marketplace.yaml").read_text("utf-8").startswith("openapi:")
    assert fixture_path("small_chain.yaml").is_file()


def test_the_load_tests_can_be_imported_once_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    root = make_importable("load_tests")
    make_importable("load_tests")
    assert (root / "load_tests" / "locustfile.py").is_file()
    assert sys.path == [str(root)]
    with pytest.raises(ResourceNotFound, match="has no road_tests"):
        make_importable("road_tests")


def test_files_and_folders_are_found_by_name(checkout: Path) -> None:
    assert _find("fixtures", "small_chain.yaml", (checkout,)).read_text() == "stores: 5"
    assert _find("fixtures", "clients", (checkout,)).is_dir()


def test_what_a_wheel_bundles_wins_over_folders_beside_it(checkout: Path) -> None:
    bundled = checkout / "_bundled" / "fixtures"
    bundled.mkdir(parents=True)
    (bundled / "small_chain.yaml").write_text("stores: 6")
    assert _find("fixtures", "small_chain.yaml", (checkout / "_bundled", checkout)).read_text() == "stores: 6"


def test_an_unknown_name_is_answered_with_the_known_ones(checkout: Path) -> None:
    with pytest.raises(ResourceNotFound, match=r"no 'big_chain.yaml' in .*, which has: clients, small_chain.yaml"):
        _find("fixtures", "big_chain.yaml", (checkout,))


def test_an_installation_without_the_folder_says_where_it_looked(checkout: Path) -> None:
    with pytest.raises(ResourceNotFound, match=f"has no contracts: looked in {checkout}"):
        _find("contracts", "marketplace.yaml", (checkout,))


def test_a_name_is_no_way_out_of_the_folder(checkout: Path) -> None:
    for way_out in ("../secret.txt", str(checkout / "secret.txt")):
        with pytest.raises(ResourceNotFound):
            _find("fixtures", way_out, (checkout,))
