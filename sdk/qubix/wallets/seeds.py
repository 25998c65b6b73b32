"""Seeds that everybody knows, and that only a devnet's genesis has given money to."""

from typing import Final

from qubix.qubic.keys import SEED_LETTERS

FUNDED: Final = 26

_FAUCET: Final = "qubixdevnetfaucet"
_DEVELOPER: Final = "qubixdevnetdeveloper"


def faucet() -> str:
    """The seed that the faucet pays from."""
    return _FAUCET.ljust(SEED_LETTERS, "a")


def funded(number: int = 0) -> str:
    """One of the seeds that have money from the start.

    Args:
        number: which one, 0 to 25.
    """
    assert 0 <= number < FUNDED
    return _DEVELOPER.ljust(SEED_LETTERS, chr(ord("a") + number))
