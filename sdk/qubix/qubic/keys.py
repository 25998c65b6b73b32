"""From a seed to its keys."""

from dataclasses import dataclass, field
from typing import Final

from qubix.qubic import identity
from qubix.qubic.errors import InvalidSeed
from qubix.qubic.fourq import multiples, points
from qubix.qubic.hashing import k12

SEED_LETTERS: Final = 55
SUBSEED_BYTES: Final = 32


@dataclass(frozen=True)
class Keys:
    """What a seed stands for. Only the public key is ever shown."""

    subseed: bytes = field(repr=False)
    private_key: bytes = field(repr=False)
    public_key: bytes

    @property
    def identity(self) -> str:
        """The public key as people write it."""
        return identity.encode(self.public_key)


def derive(seed: str) -> Keys:
    """The keys of a seed.

    Raises:
        InvalidSeed: the seed is not 55 letters from a to z.
    """
    if len(seed) != SEED_LETTERS:
        raise InvalidSeed.because(f"it has {len(seed)} characters, not {SEED_LETTERS}")
    if not all("a" <= letter <= "z" for letter in seed):
        raise InvalidSeed.because("it has other characters than the letters a to z")
    return from_subseed(k12(bytes(ord(letter) - ord("a") for letter in seed)))


def from_subseed(subseed: bytes) -> Keys:
    """The keys of a subseed, 32 bytes.

    Raises:
        InvalidSeed: it has another length.
    """
    if len(subseed) != SUBSEED_BYTES:
        raise InvalidSeed.because(f"its subseed has {len(subseed)} bytes, not {SUBSEED_BYTES}")
    private_key = k12(subseed)
    return Keys(subseed=subseed, private_key=private_key, public_key=public_key(private_key))


def public_key(private_key: bytes) -> bytes:
    """The public key of a private one, 32 bytes each."""
    return points.encode(multiples.of_generator(int.from_bytes(private_key, "little")))
