"""A place in the stream of events."""

import re
from dataclasses import dataclass
from typing import Final, Self

from qubix_platform.events.errors import CursorInvalid

_FORM: Final = re.compile(r"(0|[1-9][0-9]{0,19})-(0|[1-9][0-9]{0,18})", re.ASCII)
_XID_LIMIT: Final = 2**64
_ID_LIMIT: Final = 2**63


@dataclass(frozen=True, order=True, slots=True)
class Cursor:
    """The place right after the event `id` of the transaction `xid`; ordered as events are.

    Ids alone will not do: they are given out before the commit, so a lower one can appear later than a higher one.

    Example:
        >>> str(Cursor.parse("1207-88"))
        '1207-88'
    """

    xid: int
    id: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a cursor that somebody outside handed in.

        Raises:
            CursorInvalid: it is none.
        """
        found = _FORM.fullmatch(text)
        if found is None or int(found[1]) >= _XID_LIMIT or int(found[2]) >= _ID_LIMIT:
            raise CursorInvalid(
                asked="Continuing the stream of events",
                obstacle=f"{text[:50]!r} is not the id of an event",
                remedy="Give the `id` of the last event that was received, or none to begin with what happens next.",
            )
        return cls(xid=int(found[1]), id=int(found[2]))

    def __str__(self) -> str:
        return f"{self.xid}-{self.id}"


START: Final = Cursor(xid=0, id=0)
"""Before the first event there ever was."""
