"""The one hash of the Qubic chain."""

from typing import Final

from Crypto.Hash import KangarooTwelve

DIGEST_BYTES: Final = 32


def k12(data: bytes, length: int = DIGEST_BYTES) -> bytes:
    """KangarooTwelve of `data`, `length` bytes of it. A shorter result is the beginning of a longer one."""
    return KangarooTwelve.new(data).read(length)
