"""The contracts beside those of the last release: whom has it promised something that no longer holds?"""

import pytest

from sandbox_server.api.contract import Contract
from sandbox_server.differing.operations import differences
from sandbox_server.judging.contracts import read_contract
from sandbox_server.resources import contract_path

CURE = "Mend it, or raise the first number of info.version; CONTRIBUTING.md says when contracts/released moves."


def major(contract: Contract) -> int:
    return int(str(contract.document["info"]["version"]).partition(".")[0])


@pytest.mark.parametrize("name", ["control.yaml", "marketplace.yaml"])
def test_what_breaks_clients_of_the_last_release_has_another_major_version(name: str) -> None:
    released, ours = read_contract(contract_path(f"released/{name}")), read_contract(contract_path(name))
    broken = [f"{one.where}: {one.message}" for one in differences(released, ours) if one.is_breaking]
    assert not broken or major(ours) > major(released), "\n".join([*broken, CURE])
