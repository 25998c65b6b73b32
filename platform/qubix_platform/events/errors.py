"""What can be wrong with a place in the stream of events."""

from qubix.errors import InvalidRequest


class CursorInvalid(InvalidRequest):
    """Not a cursor, or one of another database."""

    code = "cursor_invalid"


class CursorExpired(InvalidRequest):
    """Events after this cursor are no longer kept: read the present state instead, and go on from there."""

    code = "cursor_expired"
