"""Why something that claims to be of the Qubic chain is not.

What was given is never repeated in a message: people paste a seed where an identity belongs.
"""

from typing import ClassVar, Self

from qubix.errors import InvalidRequest


class _Unreadable(InvalidRequest):
    """Something of the chain cannot be read. Each kind says what was being read, and what it should look like."""

    reading: ClassVar[str]
    shape: ClassVar[str]

    @classmethod
    def because(cls, obstacle: str) -> Self:
        """The refusal for one reason."""
        return cls(asked=cls.reading, obstacle=obstacle, remedy=cls.shape)


class InvalidIdentity(_Unreadable):
    """The text is no Qubic identity, or not one that can be used here."""

    code = "invalid_identity"
    reading = "Reading a Qubic identity"
    shape = "Send the 60 capital letters as your wallet shows them."


class InvalidSeed(_Unreadable):
    """The text is no Qubic seed."""

    code = "invalid_seed"
    reading = "Deriving keys from a seed"
    shape = "A seed is 55 letters from a to z."


class InvalidTransaction(_Unreadable):
    """The values or bytes are no Qubic transaction."""

    code = "invalid_transaction"
    reading = "Reading a Qubic transaction"
    shape = "Build it from the fields that the platform gave and sign it unchanged."
