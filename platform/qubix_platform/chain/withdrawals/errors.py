"""Why a withdrawal was refused."""

from qubix.errors import Conflict, InvalidRequest, NotFound


class AddressOfThePlatform(InvalidRequest):
    """A withdrawal to the platform's own identity would go nowhere."""

    code = "address_of_the_platform"


class WithdrawalKeyReused(Conflict):
    """The Idempotency-Key came before with another withdrawal."""

    code = "withdrawal_key_reused"


class WithdrawalNotFound(NotFound):
    """No such withdrawal, or another user's."""

    code = "withdrawal_not_found"
