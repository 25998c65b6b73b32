"""Passes on their way into the database, most of them as what differs from an earlier one."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.scheduling import service
from qubix_platform.scheduling.models import Pass
from qubix_platform.scheduling.passes import Base, Encoded, encode

SHORTENED: Final = 100
"""After so many passes one is stored whole again: the market has moved on from the one before."""


class Recorder:
    """Shortens passes by one that it has written. To lose it costs nothing but the next pass being stored whole.

    Its methods are called in turn: `encode`, `write` until it is committed, then `written`, or `forget`.
    """

    def __init__(self) -> None:
        self._base: Base | None = None
        self._base_id: int | None = None
        self._shortened = 0

    def encode(self, passes: Sequence[Pass]) -> list[Encoded]:
        """Passes as they are to be stored. Does no I/O, and takes long enough to be done in a thread."""
        encoded = []
        for made in passes:
            if self._base is None or self._shortened >= SHORTENED:
                encoded.append(encode(made))
                self._base, self._shortened = Base.of(made.snapshot), 0
            else:
                encoded.append(encode(made, self._base))
                self._shortened += 1
        return encoded

    async def write(self, session: AsyncSession, encoded: Sequence[Encoded]) -> int | None:
        """Store what `encode` gave.

        Returns:
            The id of the pass that the next ones are shortened by, for `written`.
        """
        base_id = self._base_id
        for made in encoded:
            pass_id = await service.record(session, made, base_id=None if made.is_whole else base_id)
            base_id = pass_id if made.is_whole else base_id
        return base_id

    def written(self, base_id: int | None) -> None:
        """What `write` stored is committed."""
        self._base_id = base_id

    def forget(self) -> None:
        """What `write` stored may not be there: shorten nothing by it."""
        self._base = self._base_id = None
