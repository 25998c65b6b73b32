"""The import contracts say what the table of the house says, for every pair of rooms."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_IMPORT: dict[str, set[str]] = {
    "qubix": set(),
    "qubix_platform": {"qubix"},
    "qubix_agent": {"qubix"},
    "qubix_actors": {"qubix", "qubix_platform", "qubix_agent"},
    "qubix_serve": {"qubix", "qubix_platform", "qubix_actors", "qubix_agent"},
}


def forbidden(room: str) -> set[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    contracts = [contract for contract in settings["contracts"] if room in contract["source_modules"]]
    return {module for contract in contracts for module in contract["forbidden_modules"]}


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_is_kept_from_every_room_that_it_may_not_import(room: str) -> None:
    others = {*MAY_IMPORT, "benchmarks"} - {room}
    assert forbidden(room) & others == others - MAY_IMPORT[room]


def test_the_domain_is_kept_from_the_frameworks() -> None:
    assert {"ray", "fastapi"} <= forbidden("qubix_platform")
