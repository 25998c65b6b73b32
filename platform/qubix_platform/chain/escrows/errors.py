"""Why an escrow cannot do what was asked."""

from qubix.errors import Conflict, InsufficientFunds, InvalidRequest, NotFound, TooManyRequests


class EscrowNotFound(NotFound):
    """No such escrow, or another user's."""

    code = "escrow_not_found"


class EscrowNotUsable(Conflict):
    """The escrow is not in the state that this needs."""

    code = "escrow_not_usable"


class EscrowTooSmall(InsufficientFunds):
    """The escrow holds less than the job may cost."""

    code = "escrow_too_small"


class TooManyEscrows(TooManyRequests):
    """Too many escrows of one user await their payment."""

    code = "too_many_escrows"


class WalletNotConnected(Conflict):
    """A transfer needs a wallet to come from, and the user has connected none."""

    code = "wallet_not_connected"


class EscrowKeyReused(Conflict):
    """The Idempotency-Key came before with another escrow."""

    code = "escrow_key_reused"


class SignedTransactionRefused(InvalidRequest):
    """What was sent is not the signed transaction that the escrow awaits."""

    code = "signed_transaction_refused"
