"""What can stand in the way between the books and the chain."""

from qubix.errors import Conflict, NotFound, Unavailable


class KeyFileUnusable(Unavailable):
    """The platform's keys cannot be read, or are open to others."""

    code = "chain_key_unusable"


class NoAddressFree(Unavailable):
    """Every address that was derived ahead is taken; the chain's process derives more."""

    code = "no_address_free"


class ChainSilent(Unavailable):
    """The chain was not heard for a while, so no tick can be aimed at."""

    code = "chain_silent"


class TransactionNotResolvable(Conflict):
    """A transaction that may still be executed cannot be resolved by hand."""

    code = "transaction_not_resolvable"


class TransactionNotFound(NotFound):
    """There is no such chain transaction."""

    code = "chain_transaction_not_found"
