"""The only way in which money moves."""

from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.ledger import repository
from qubix_platform.ledger.errors import BalanceTooLow, PostingKeyReused, PostingRefused
from qubix_platform.ledger.model import Posting
from qubix_platform.ledger.remedies import shortage

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
        refusal = _explain(error, (posting,))
        if refusal is None:
            raise
        raise refusal from error


async def post_all(session: AsyncSession, postings: Sequence[Posting]) -> list[int]:
    """Post a batch in the caller's transaction, in one call and all or nothing, as if one came after the other.

    Several times as fast as posting them one by one. Keys that were posted before with the same content have no
    further effect, within the batch too.

    Returns:
        The ids of the ledger's transactions, in the order of the postings.

    Raises:
        BalanceTooLow: one of them would take an account below zero.
        PostingKeyReused: a key was posted before with other content.
        PostingRefused: the legs of one do not sum to zero, or name an account that cannot be.
    """
    if not postings:
        return []
    try:
        return await repository.post_all(session, postings)
    except DBAPIError as error:
        refusal = _explain(error, postings)
        if refusal is None:
            raise
        raise refusal from error


def _explain(
    error: DBAPIError, postings: Sequence[Posting]
) -> BalanceTooLow | PostingKeyReused | PostingRefused | None:
    cause = error.orig.__cause__ if error.orig is not None else None
    sqlstate = getattr(cause, "sqlstate", None)
    asked = f"Posting {postings[0].kind.value} for {postings[0].ref}"
    if len(postings) > 1:
        asked += f" and {len(postings) - 1} more"
    if getattr(cause, "constraint_name", None) == _NEGATIVE_BALANCE:
        short = shortage(postings)
        return BalanceTooLow(
            asked=short.asked,
            obstacle=f"the balance does not cover {short.needed} QU",
            remedy=short.remedy,
            details={"needed": short.needed},
        )
    if sqlstate == "23505":
        return PostingKeyReused(
            asked=asked,
            obstacle=f"a key was used for something else: {cause}",
            remedy="Use a key of its own for each posting.",
        )
    if sqlstate in {"23514", "23503", "22023"}:
        return PostingRefused(asked=asked, obstacle=str(cause), remedy="Nothing was posted. This is a bug: report it.")
    return None
