"""Signatures: every known one is made and taken, every known forgery refused, and a single wrong bit is enough."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.qubic import keys, schnorrq
from qubix.qubic.fourq import points
from qubix.qubic.hashing import k12
from tests.sdk.qubic.vectors import VECTORS

SUBSEED = k12(b"somebody")
PUBLIC_KEY = keys.from_subseed(SUBSEED).public_key
DIGEST = k12(b"something")
SIGNATURE = schnorrq.sign(subseed=SUBSEED, digest=DIGEST)

digests = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize("vector", VECTORS["core_sign"] + VECTORS["seeds"], ids=lambda vector: vector["identity"])
def test_known_signatures_are_made_and_taken(vector: dict[str, Any]) -> None:
    digest, public_key = bytes.fromhex(vector["digest"]), bytes.fromhex(vector["pub"])
    signature = schnorrq.sign(subseed=bytes.fromhex(vector["subseed"]), digest=digest)
    assert signature.hex() == vector["sig"]
    assert schnorrq.verify(public_key=public_key, digest=digest, signature=signature)


@pytest.mark.parametrize("vector", VECTORS["adversarial"], ids=lambda vector: vector["name"])
def test_known_forgeries_are_refused(vector: dict[str, Any]) -> None:
    public_key, digest = bytes.fromhex(vector["pub"]), bytes.fromhex(vector["digest"])
    assert not schnorrq.verify(public_key=public_key, digest=digest, signature=bytes.fromhex(vector["sig"]))
    if "good_sig" in vector:
        assert schnorrq.verify(public_key=public_key, digest=digest, signature=bytes.fromhex(vector["good_sig"]))


@settings(max_examples=100)
@given(digests, digests)
def test_what_is_signed_is_taken(subseed: bytes, digest: bytes) -> None:
    signature = schnorrq.sign(subseed=subseed, digest=digest)
    public_key = keys.from_subseed(subseed).public_key
    assert schnorrq.verify(public_key=public_key, digest=digest, signature=signature)
    assert signature == schnorrq.sign(subseed=subseed, digest=digest)


@pytest.mark.parametrize("part", ["public_key", "digest", "signature"])
def test_any_flipped_bit_is_refused(part: str) -> None:
    good = {"public_key": PUBLIC_KEY, "digest": DIGEST, "signature": SIGNATURE}
    for bit in range(8 * len(good[part])):
        flipped = int.from_bytes(good[part], "little") ^ (1 << bit)
        assert not schnorrq.verify(**(good | {part: flipped.to_bytes(len(good[part]), "little")})), f"bit {bit}"


@settings(max_examples=100)
@given(digests, digests, st.integers(min_value=0, max_value=128 * 8 - 1))
def test_a_flipped_bit_anywhere_is_refused(subseed: bytes, digest: bytes, bit: int) -> None:
    signed = keys.from_subseed(subseed).public_key + digest + schnorrq.sign(subseed=subseed, digest=digest)
    flipped = (int.from_bytes(signed, "little") ^ (1 << bit)).to_bytes(len(signed), "little")
    assert not schnorrq.verify(public_key=flipped[:32], digest=flipped[32:64], signature=flipped[64:])


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80))
def test_whatever_comes_is_answered_and_never_raises(public_key: bytes, digest: bytes, signature: bytes) -> None:
    assert schnorrq.verify(public_key=public_key, digest=digest, signature=signature) is False


@pytest.mark.parametrize("times", range(1, 24))
def test_a_scalar_not_below_the_order_is_refused(times: int) -> None:
    scalar = int.from_bytes(SIGNATURE[32:], "little") + times * points.ORDER
    if scalar < 2**256:
        signature = SIGNATURE[:32] + scalar.to_bytes(32, "little")
        assert not schnorrq.verify(public_key=PUBLIC_KEY, digest=DIGEST, signature=signature)


@pytest.mark.parametrize("y", [1, 0, (1 << 127) - 2], ids=["neutral", "order four", "order two"])
def test_nobody_signs_for_a_key_outside_the_subgroup(y: int) -> None:
    # A key of small order leaves R = S·G for many digests, so whoever tries a few has a signature without a key.
    public_key = y.to_bytes(32, "little")
    for scalar in range(1, 9):
        commitment = keys.public_key(scalar.to_bytes(32, "little"))
        signature = commitment + scalar.to_bytes(32, "little")
        assert not schnorrq.verify(public_key=public_key, digest=DIGEST, signature=signature)


def test_a_verification_takes_less_than_five_milliseconds() -> None:
    spent = []
    for _ in range(20):
        before = time.thread_time()
        assert schnorrq.verify(public_key=PUBLIC_KEY, digest=DIGEST, signature=SIGNATURE)
        spent.append(time.thread_time() - before)
    assert min(spent) < 0.005, f"the fastest of 20 took {1000 * min(spent):.1f} ms of processor time"
