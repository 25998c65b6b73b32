"""Identities are read in one spelling only, and say what is wrong with any other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix.qubic import identity
from qubix.qubic.errors import InvalidIdentity
from tests.sdk.qubic.vectors import VECTORS

SOMEBODY = "SUZFFQSCVPHYYBDCQODEMFAOKRJDDDIRJFFIWFLRDDJQRPKMJNOCSSKHXHGK"

public_keys = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize("vector", VECTORS["identities_valid"], ids=lambda vector: vector["identity"])
def test_known_identities_are_read_and_written(vector: dict[str, Any]) -> None:
    public_key = bytes.fromhex(vector["pub"])
    assert identity.encode(public_key) == vector["identity"]
    assert identity.decode(vector["identity"]) == public_key


@pytest.mark.parametrize("spelled", VECTORS["identities_invalid"])
def test_known_mistakes_are_refused(spelled: str) -> None:
    with pytest.raises(InvalidIdentity):
        identity.decode(spelled)


@pytest.mark.parametrize("spelled", VECTORS["identities_noncanonical_u64_overflow"])
def test_a_second_spelling_of_a_key_is_refused(spelled: str) -> None:
    with pytest.raises(InvalidIdentity, match="canonical"):
        identity.decode(spelled)


@pytest.mark.parametrize(
    ("spelled", "reason"),
    [
        ("", "0 characters"),
        (SOMEBODY[:-1], "59 characters"),
        (SOMEBODY.lower(), "capitals"),
        (SOMEBODY[:-1] + "1", "capitals"),
        ("Ä" + SOMEBODY[1:], "capitals"),
        (SOMEBODY[:-1] + "L", "checksum"),
        ("T" + SOMEBODY[1:], "checksum"),
    ],
)
def test_each_mistake_is_named(spelled: str, reason: str) -> None:
    with pytest.raises(InvalidIdentity, match=reason) as refused:
        identity.decode(spelled)
    assert not spelled or spelled not in refused.value.message, "what was pasted may be a seed"


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_has_no_identity(length: int) -> None:
    with pytest.raises(InvalidIdentity, match=f"{length} bytes"):
        identity.encode(bytes(length))


@pytest.mark.parametrize(
    ("index", "reason"), [(0, "null address"), (1, "contract"), (4, "contract"), (2**64 - 1, "contract")]
)
def test_addresses_that_nobody_holds_are_no_wallets(index: int, reason: str) -> None:
    spelled = identity.encode(index.to_bytes(32, "little"))
    assert identity.decode(spelled) == index.to_bytes(32, "little")
    with pytest.raises(InvalidIdentity, match=reason):
        identity.decode_wallet(spelled)


def test_a_persons_identity_is_a_wallet() -> None:
    assert identity.decode_wallet(SOMEBODY) == identity.decode(SOMEBODY)


@given(public_keys)
def test_whatever_is_written_is_read_back(public_key: bytes) -> None:
    spelled = identity.encode(public_key)
    assert len(spelled) == 60
    assert identity.decode(spelled) == public_key
    assert identity.encode_lower(public_key) == spelled.lower()


@given(public_keys, st.integers(min_value=0, max_value=59), st.integers(min_value=1, max_value=25))
def test_a_changed_letter_is_never_read_as_the_same_key(public_key: bytes, place: int, shift: int) -> None:
    spelled = identity.encode(public_key)
    letter = chr((ord(spelled[place]) - ord("A") + shift) % 26 + ord("A"))
    changed = spelled[:place] + letter + spelled[place + 1 :]
    try:
        read = identity.decode(changed)
    except InvalidIdentity:
        return
    assert read != public_key
    assert identity.encode(read) == changed
