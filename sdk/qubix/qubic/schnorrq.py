"""SchnorrQ, the chain's signature.

Verification is as strict as the node's. Without these refusals anybody could sign for an address without a key, or
turn one signature into a second one: the scalar must be below the order, the key must have a part in the subgroup, and
both points must be written in their only canonical way.
"""

from enum import StrEnum
from typing import Final

from qubix.qubic import keys
from qubix.qubic.fourq import multiples, points
from qubix.qubic.hashing import DIGEST_BYTES, k12

SIGNATURE_BYTES: Final = 64
_HALF: Final = SIGNATURE_BYTES // 2


class Flaw(StrEnum):
    """What can be wrong with a signature."""

    MALFORMED = "malformed"
    MALLEABLE = "malleable"
    WEAK_KEY = "weak_key"
    FORGED = "forged"


def sign(*, subseed: bytes, digest: bytes) -> bytes:
    """The 64 bytes that sign a digest. The same subseed and digest always give the same signature."""
    expanded = k12(subseed, SIGNATURE_BYTES)
    public_key = keys.public_key(expanded[:_HALF])
    nonce = _scalar(k12(expanded[_HALF:] + digest))
    commitment = points.encode(multiples.of_generator(nonce))
    challenge = _scalar(k12(commitment + public_key + digest))
    response = (nonce - _scalar(expanded[:_HALF]) * challenge) % points.ORDER
    return commitment + response.to_bytes(_HALF, "little")


def verify(*, public_key: bytes, digest: bytes, signature: bytes) -> bool:
    """Whether the holder of the key signed the digest. Anything malformed is answered False; nothing is raised."""
    return flaw(public_key=public_key, digest=digest, signature=signature) is None


def flaw(*, public_key: bytes, digest: bytes, signature: bytes) -> Flaw | None:
    """What is wrong with a signature, or None where the holder of the key signed the digest. Nothing is raised."""
    if len(signature) != SIGNATURE_BYTES or len(digest) != DIGEST_BYTES:
        return Flaw.MALFORMED
    commitment, response = signature[:_HALF], _scalar(signature[_HALF:])
    if response >= points.ORDER:
        return Flaw.MALLEABLE
    key = points.decode(public_key)
    if key is None:
        return Flaw.MALFORMED
    if points.is_neutral(multiples.of_cofactor(key)):
        return Flaw.WEAK_KEY
    challenge = _scalar(k12(commitment + public_key + digest))
    expected = multiples.of_generator(response, onto=multiples.of_point(challenge % points.ORDER, key))
    return None if points.encode(expected) == commitment else Flaw.FORGED


def _scalar(encoded: bytes) -> int:
    return int.from_bytes(encoded, "little")
