"""From seeds to keys."""

from typing import Any

import pytest

from qubix.qubic import keys
from qubix.qubic.errors import InvalidSeed
from tests.sdk.qubic.vectors import VECTORS


@pytest.mark.parametrize("vector", VECTORS["seeds"], ids=lambda vector: vector["name"])
def test_known_seeds_give_their_keys(vector: dict[str, Any]) -> None:
    derived = keys.derive(vector["seed"])
    assert derived.subseed.hex() == vector["subseed"]
    assert derived.private_key.hex() == vector["priv"]
    assert derived.public_key.hex() == vector["pub"]
    assert derived.identity == vector["identity"]
    assert keys.from_subseed(derived.subseed) == derived


@pytest.mark.parametrize("vector", VECTORS["core_sign"], ids=lambda vector: vector["identity"])
def test_known_subseeds_give_their_public_keys(vector: dict[str, Any]) -> None:
    derived = keys.from_subseed(bytes.fromhex(vector["subseed"]))
    assert derived.public_key.hex() == vector["pub"]
    assert derived.identity == vector["identity"]


@pytest.mark.parametrize("seed", ["", "a" * 54, "a" * 56, "A" * 55, "a" * 54 + "1", "a" * 54 + "ä", "a" * 54 + "\n"])
def test_what_is_no_seed_is_refused_without_being_repeated(seed: str) -> None:
    with pytest.raises(InvalidSeed) as refused:
        keys.derive(seed)
    assert not seed or seed not in refused.value.message


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_subseed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(InvalidSeed, match=f"{length} bytes"):
        keys.from_subseed(bytes(length))


def test_keys_never_show_their_secrets() -> None:
    derived = keys.derive("a" * 55)
    for shown in (repr(derived), str(derived), f"{[derived]}"):
        assert repr(derived.subseed) not in shown
        assert repr(derived.private_key) not in shown
        assert derived.subseed.hex() not in shown
