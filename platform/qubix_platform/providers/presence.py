"""Who is there: heartbeats, and the sweep that notices their absence."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.providers import Heartbeat, HeartbeatAnswer
from qubix.schemas.states import ProviderStatus, ProviderType
from qubix_platform.attempts import service as attempts
from qubix_platform.auth.callers import WorkerCaller
from qubix_platform.database.session import after_commit
from qubix_platform.metrics import service as metrics_service
from qubix_platform.metrics.samples import ProviderSample
from qubix_platform.metrics.writer import MetricsWriter
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.providers import repository
from qubix_platform.providers.announcements import announce_usage
from qubix_platform.providers.errors import AgentReplaced, NotYourMachine, ProviderNotFound
from qubix_platform.providers.lifecycle import (
    METRICS_STALE_AFTER,
    REST_S,
    SILENT_AFTER,
    Hearing,
    after_heartbeat,
    rest_seconds,
)
from qubix_platform.providers.transition import transition

_FAILURES_LOOKED_AT: Final = 16

_REPORTED: Final = {
    ProviderStatus.ONLINE: "its agent reported",
    ProviderStatus.DRAINING: "its agent takes no more work and is about to leave",
    ProviderStatus.OFFLINE: "its agent has left",
}


async def heartbeat(
    session: AsyncSession,
    *,
    caller: WorkerCaller,
    beat: Heartbeat,
    policy: MarketPolicy,
    secret: bytes,
    metrics: MetricsWriter,
    now: datetime | None = None,
) -> HeartbeatAnswer:
    """Note that a machine lives, renew the leases of what it runs and hand out what waits for it.

    The hottest route of the platform: in the steady state it takes a statement for the machine, one for the event, one
    for the leases where it runs anything and one for the mailbox where it pulls.

    Args:
        session: the request's transaction.
        caller: the machine, by its worker token.
        beat: what its agent reports.
        policy: for the leases.
        secret: for the attempts' tokens.
        metrics: takes the sample once the transaction has committed.
        now: the time, by default the database's; the sample is filed under it, since other clocks may be wrong.

    Raises:
        NotYourMachine: the heartbeat names another machine than the token does.
        ProviderNotFound: the machine was taken off the market.
        AgentReplaced: a newer agent registered this worker id.
    """
    if beat.worker_id not in (None, caller.worker_id):
        raise NotYourMachine(
            asked=f"Reporting for the machine {beat.worker_id}",
            obstacle=f"the worker token is that of {caller.worker_id}",
            remedy="Report for the machine that the token belongs to.",
        )
    # Attempts are locked before their provider, as the end of an attempt does it, so that the two never deadlock.
    cancel = await attempts.renew_leases(
        session, provider_id=caller.provider_id, attempt_ids=beat.attempts, policy=policy
    )
    row = await repository.beat(
        session,
        provider_id=caller.provider_id,
        agent_session=beat.agent_session,
        ray_node_id=beat.ray_node_id,
        now=now,
        longest_gap=SILENT_AFTER,
    )
    if row is None:
        raise await _refusal(session, caller)
    sample = ProviderSample.of(beat.usage, provider_id=caller.provider_id, at=row.beaten_at)
    status = ProviderStatus(row.status)
    target = after_heartbeat(status=status, reported=beat.status)
    if target is ProviderStatus.ONLINE and status is not target:
        # Online with metrics of long ago is what nobody may see, so this one sample does not wait for the buffer.
        await metrics_service.store_now(session, sample)
    else:
        after_commit(session, lambda: metrics.add(sample))
    if status is not target:
        await transition(session, provider_id=caller.provider_id, expected=status, to=target, reason=_REPORTED[target])
    await announce_usage(session, provider_id=caller.provider_id, worker_id=caller.worker_id, usage=beat.usage)
    pulls = row.type != ProviderType.RAY and target is not ProviderStatus.OFFLINE
    pending = await attempts.pending_for(session, caller.worker_id, policy=policy, secret=secret) if pulls else []
    return HeartbeatAnswer(success=True, pending_jobs=pending, cancel_attempts=cancel, status=target)


async def mark_silent_offline(session: AsyncSession, now: datetime | None = None) -> list[str]:
    """Put every provider offline that missed its heartbeats, or whose metrics are too old to be shown as online.

    What they run is not touched: that ends with its leases.

    Args:
        session: the caller's transaction.
        now: the time, by default the database's.

    Returns:
        The worker ids of those that were put offline just now.
    """
    rows = await repository.lock_silent(session, now=now, silent_after=SILENT_AFTER, stale_after=METRICS_STALE_AFTER)
    for row in rows:
        reason = (
            f"no heartbeat came for {SILENT_AFTER.seconds} s"
            if row.is_silent
            else f"its metrics are older than {METRICS_STALE_AFTER.seconds} s"
        )
        await transition(
            session,
            provider_id=row.id,
            expected=ProviderStatus(row.status),
            to=ProviderStatus.OFFLINE,
            reason=reason,
        )
    return [row.worker_id for row in rows]


async def hearing(session: AsyncSession) -> Hearing:
    """Whether machines are heard of at all."""
    row = await repository.hearing(session, within=SILENT_AFTER)
    return Hearing(heard_ago=row.heard_ago, machines=row.machines)


async def shun(session: AsyncSession, provider_id: UUID) -> None:
    """Leave a machine out of decisions for a while: something on it has just failed, and nobody knows yet why."""
    causes = await repository.recent_causes(session, provider_id, limit=_FAILURES_LOOKED_AT)
    await repository.shun(session, provider_id, seconds=rest_seconds(causes))


async def mark_gone(session: AsyncSession, worker_id: str, *, reason: str) -> UUID | None:
    """Put a machine offline whose Ray node was seen to end, and shun it, until its agent says otherwise.

    Returns:
        The provider's id, for the one who has to give up its attempts; None where no such machine is known.
    """
    row = await repository.lock_worker(session, worker_id)
    if row is None:
        return None
    await repository.shun(session, row.id, seconds=REST_S)
    status = ProviderStatus(row.status)
    if status is not ProviderStatus.OFFLINE:
        await transition(session, provider_id=row.id, expected=status, to=ProviderStatus.OFFLINE, reason=reason)
    provider_id: UUID = row.id
    return provider_id


async def _refusal(session: AsyncSession, caller: WorkerCaller) -> AgentReplaced | ProviderNotFound:
    asked = f"Reporting for the machine {caller.worker_id}"
    if await repository.lock(session, caller.provider_id) is None:
        return ProviderNotFound.of(caller.worker_id, asked=asked)
    return AgentReplaced(
        asked=asked,
        obstacle="a newer agent has registered this worker id",
        remedy="Stop this one, or start it again to take over.",
    )
