"""The workers of a gang: they end one by one where all goes well, and together where one of them does not."""

from typing import Any

from pydantic import JsonValue
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import MACHINE_LOST, AttemptStatus, Cause
from qubix_platform.attempts import pending, repository
from qubix_platform.attempts.closing import Standing, close, owe_part
from qubix_platform.attempts.history import owed_at_end
from qubix_platform.jobs.states import UNBILLED_CAUSES
from qubix_platform.ledger.model import Posting
from qubix_platform.pricing.policy import MarketPolicy


async def refreshed(session: AsyncSession, held: Row[Any]) -> Row[Any]:
    """The attempt as it is now that the lock of its job is held: read before, it may miss who just ended."""
    again = await repository.lock(session, held.id)
    assert again is not None, "attempts are never removed"
    return again


async def keep_result(session: AsyncSession, held: Row[Any], result: JsonValue) -> None:
    """Keep what the first worker leaves as the result until the last one has ended."""
    if held.rank == 0:
        await repository.store_result(session, held.id, result)


async def result_of(session: AsyncSession, held: Row[Any], result: JsonValue) -> JsonValue:
    """The gang's result where this is its last worker: that of the first one."""
    return result if held.rank == 0 else await repository.result_of_first(session, held.job_id, number=held.number)


async def end_peers(
    session: AsyncSession, held: Row[Any], *, cause: Cause, policy: MarketPolicy
) -> tuple[Row[Any], list[Posting]]:
    """End all other workers of a gang, one of which has ended other than well. What they did is paid for, but where
    that one was lost to its provider or to the platform: then it is lost to the consumer as well.

    Returns:
        The worker's own attempt as it is afterwards; what the others are paid, to be posted with its own pay.
    """
    payments: list[Posting] = []
    for peer_id in await repository.live_peers(session, held.job_id, but=held.id):
        peer = await repository.lock(session, peer_id)
        if peer is None or AttemptStatus(peer.status).is_final:
            continue
        # What else was on a machine that is lost is lost with it.
        is_lost = cause in MACHINE_LOST and peer.provider_id == held.provider_id
        why = cause if is_lost else _of_peers(cause)
        peer = await pending.give_back_if_lost(session, peer, cause=why, policy=policy)
        owed = owed_at_end(peer, started_at=peer.started_at, ended_at=peer.now, cause=why, policy=policy)
        error = f"Worker {held.rank} of the gang ended: {cause.value}."
        await close(session, peer, Standing.of(peer), owed, cause=why, error=error)
        payments += await owe_part(session, peer, owed)
    return await refreshed(session, held), payments


def _of_peers(cause: Cause) -> Cause:
    return Cause.PEER_LOST if cause in UNBILLED_CAUSES else Cause.PEER_ENDED
