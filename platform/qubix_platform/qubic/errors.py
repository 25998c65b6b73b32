"""Why something that claims to be of the Qubic chain is not.

What was given is never repeated in a message: people paste a seed where an identity belongs.
"""

from qubix.errors import InvalidRequest


class InvalidIdentity(InvalidRequest):
    """The text is no Qubic identity, or not one that can be used here."""

    code = "invalid_identity"

    @classmethod
    def because(cls, obstacle: str) -> "InvalidIdentity":
        """The refusal for one reason."""
        return cls(
            asked="Reading a Qubic identity",
            obstacle=obstacle,
            remedy="Send the 60 capital letters as your wallet shows them.",
        )


class InvalidSeed(InvalidRequest):
    """The text is no Qubic seed."""

    code = "invalid_seed"

    @classmethod
    def because(cls, obstacle: str) -> "InvalidSeed":
        """The refusal for one reason."""
        return cls(
            asked="Deriving keys from a seed",
            obstacle=obstacle,
            remedy="A seed is 55 letters from a to z.",
        )


class InvalidTransaction(InvalidRequest):
    """The values or bytes are no Qubic transaction."""

    code = "invalid_transaction"

    @classmethod
    def because(cls, obstacle: str) -> "InvalidTransaction":
        """The refusal for one reason."""
        return cls(
            asked="Reading a Qubic transaction",
            obstacle=obstacle,
            remedy="Build it from the fields that the platform gave and sign it unchanged.",
        )
