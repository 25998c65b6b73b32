"""The only way in which money moves."""

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.ledger import repository
from qubix_platform.ledger.errors import BalanceTooLow, PostingKeyReused, PostingRefused
from qubix_platform.ledger.model import Posting

_NEGATIVE_BALANCE = "ledger_balance_not_negative"


async def post(session: AsyncSession, posting: Posting) -> int:
    """Post a balanced set of legs in the caller's transaction.

    A key that was posted before with the same content has no further effect and gives the same id.

    Returns:
        The id of the ledger's transaction.

    Raises:
        BalanceTooLow: a leg would take an account below zero.
        PostingKeyReused: the key was posted before with other content.
        PostingRefused: the legs do not sum to zero, or name an account that cannot be.
    """
    try:
        return await repository.post(session, posting)
    except DBAPIError as error:
        refusal = _explain(error, posting)
        if refusal is None:
            raise
        raise refusal from error


def _explain(error: DBAPIError, posting: Posting) -> BalanceTooLow | PostingKeyReused | PostingRefused | None:
    cause = error.orig.__cause__ if error.orig is not None else None
    sqlstate = getattr(cause, "sqlstate", None)
    asked = f"Posting {posting.kind.value} for {posting.ref}"
    if getattr(cause, "constraint_name", None) == _NEGATIVE_BALANCE:
        needed = -min(leg.amount for leg in posting.legs)
        return BalanceTooLow(
            asked=asked,
            obstacle=f"the balance does not cover {needed} QU",
            remedy="Add funds, or lower maxPrice or timeLimitSeconds: the hold is their product.",
            details={"needed": needed},
        )
    if sqlstate == "23505":
        return PostingKeyReused(
            asked=asked,
            obstacle=f"the key {posting.key!r} was used for something else",
            remedy="Use a key of its own for each posting.",
        )
    if sqlstate in {"23514", "23503", "22023"}:
        return PostingRefused(asked=asked, obstacle=str(cause), remedy="Nothing was posted. This is a bug: report it.")
    return None
