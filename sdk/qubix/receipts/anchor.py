"""What a root says when it is published in the payload of a Qubic transaction."""

import struct
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple, Self

MAGIC: Final = b"QBXLEDGR"
VERSION: Final = 1
SIZE: Final = 98
"""Bytes of a payload."""

# Magic, version, number, days since 1970-01-01, first and last position, root, chain; little-endian, as Qubic is.
_LAYOUT: Final = struct.Struct("<8sHIIQQ32s32s")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).date()


class RootStatement(NamedTuple):
    """One root of the books.

    Attributes:
        number: counts up from 1 without gaps.
        day: the day (UTC) on which what it covers was sealed.
        first: the first position that it covers; one after the `last` of the root before.
        last: the last position that it covers.
        root: of the tree over the leaves from `first` to `last`, 32 bytes.
        chain: the head of the chain of seals at `last`, 32 bytes.
    """

    number: int
    day: date
    first: int
    last: int
    root: bytes
    chain: bytes

    def payload(self) -> bytes:
        """The bytes that are anchored."""
        days = (self.day - _EPOCH).days
        return _LAYOUT.pack(MAGIC, VERSION, self.number, days, self.first, self.last, self.root, self.chain)

    @classmethod
    def parse(cls, payload: bytes) -> Self | None:
        """The statement in a transaction's payload; None where it is something else."""
        if len(payload) != SIZE:
            return None
        magic, version, number, days, first, last, root, chain = _LAYOUT.unpack(payload)
        if (magic, version) != (MAGIC, VERSION):
            return None
        return cls(number, _EPOCH + timedelta(days=days), first, last, root, chain)
