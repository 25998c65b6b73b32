"""How a machine comes onto the market. Idempotent by worker id: the same machine is the same record, for ever."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.providers import QuickRegister, QuickRegistered, RayJoin
from qubix.schemas.states import ProviderStatus, Trust
from qubix_platform.auth.callers import JoinCaller, UserCaller, WorkerCaller
from qubix_platform.auth.tokens import NewToken, TokenKind, new_token
from qubix_platform.providers import repository, view
from qubix_platform.providers.announcements import announce_change, announce_registered
from qubix_platform.providers.errors import (
    AgentAlreadyRunning,
    CapacityInUse,
    JoinTokenSpent,
    MembersOnly,
    NotYourMachine,
    WorkerIdTaken,
)
from qubix_platform.providers.lifecycle import SILENT_AFTER, is_live
from qubix_platform.providers.offering import Gpu, gpus_of, machine_of
from qubix_platform.providers.transition import transition

RegistrationCaller = JoinCaller | WorkerCaller | UserCaller


async def register(
    session: AsyncSession,
    *,
    caller: RegistrationCaller,
    request: QuickRegister,
    now: datetime,
    ray: RayJoin | None = None,
) -> QuickRegistered:
    """Put a machine onto the market, or bring its record up to date.

    A new machine is OFFLINE until its first heartbeat, which says that it can take work. What the owner set on the
    market (price, name, location, pause) stays where the request does not say otherwise.

    Args:
        session: the request's transaction.
        caller: a join token makes the machine its user's, with the token's trust, and is bound to it until it
            expires; a worker token speaks for the machine that has it; an API key makes it the user's, as a guest.
        request: what the machine says of itself.
        now: the time.
        ray: what a member needs to join the cluster; handed out to members of type `ray` only.

    Returns:
        The machine, and a fresh worker token unless the caller already has one.

    Raises:
        WorkerIdTaken: the worker id belongs to another user's machine.
        NotYourMachine: the worker token is another machine's.
        JoinTokenSpent: the join token was used by another machine, or expired.
        MembersOnly: type `ray` without a member's join token.
        AgentAlreadyRunning: another agent of this worker id is alive.
        CapacityInUse: running jobs hold more than the machine now says it has.
        DuplicateGpu: two GPUs with one index.
    """
    await _check_caller(session, caller=caller, request=request, now=now)
    gpus = gpus_of(request)
    known, is_new = await _locked(session, caller=caller, request=request, gpus=gpus)
    trust = _trust(caller, known, is_new=is_new)
    _check_known(known, caller=caller, request=request, trust=trust, now=now)
    await _check_gpus(session, known, request=request, gpus=gpus)
    token = None if isinstance(caller, WorkerCaller) else new_token(TokenKind.WORKER)
    await repository.store(session, known.id, _values(request, gpus=gpus, known=known, trust=trust, token=token))
    await repository.store_gpus(session, known.id, [vars(gpu) for gpu in gpus])
    await _settle_status(session, known, request)
    row = await repository.get(session, known.id)
    assert row is not None, "it was stored in this transaction"
    if is_new or known.removed_at is not None:
        await announce_registered(session, view.provider(row, is_owner=False))
    await announce_change(
        session, provider_id=known.id, worker_id=request.worker_id, change="registered" if is_new else "offer"
    )
    is_member = trust is Trust.MEMBER and request.type == "ray"
    return QuickRegistered(
        success=True,
        provider=view.provider(row, is_owner=True),
        worker_token=token.plain if token else None,
        ray=ray if is_member else None,
    )


async def _check_caller(
    session: AsyncSession, *, caller: RegistrationCaller, request: QuickRegister, now: datetime
) -> None:
    asked = _asked(request)
    if isinstance(caller, WorkerCaller) and caller.worker_id != request.worker_id:
        raise NotYourMachine(
            asked=asked,
            obstacle=f"the worker token is that of {caller.worker_id}",
            remedy=f"Register as {caller.worker_id}, or get a join token for this machine.",
        )
    if isinstance(caller, JoinCaller):
        bound = await repository.use_join_token(session, token_id=caller.token_id, worker_id=request.worker_id, now=now)
        if not bound:
            raise JoinTokenSpent(
                asked=asked,
                obstacle="the join token was used by another machine, or has expired",
                remedy="A join token is for one machine: make a new one for this one.",
            )


async def _locked(
    session: AsyncSession, *, caller: RegistrationCaller, request: QuickRegister, gpus: list[Gpu]
) -> tuple[Row[Any], bool]:
    """The machine's row, locked, and whether it was made just now."""
    known = await repository.lock_worker(session, request.worker_id)
    is_new = False
    if known is None:
        first = machine_of(request, gpus=gpus, known=None) | {
            "worker_id": request.worker_id,
            "user_id": caller.user_id,
            "trust": (caller.trust if isinstance(caller, JoinCaller) else Trust.GUEST).value,
        }
        is_new = await repository.create(session, first)
        known = await repository.lock_worker(session, request.worker_id)
        assert known is not None, "a machine's row is never deleted"
    return known, is_new


def _trust(caller: RegistrationCaller, known: Row[Any], *, is_new: bool) -> Trust:
    if isinstance(caller, JoinCaller):
        return caller.trust
    return Trust.GUEST if is_new else Trust(known.trust)


def _check_known(
    known: Row[Any], *, caller: RegistrationCaller, request: QuickRegister, trust: Trust, now: datetime
) -> None:
    asked = _asked(request)
    if known.user_id != caller.user_id:
        raise WorkerIdTaken(
            asked=asked,
            obstacle="another user registered a machine under this worker id",
            remedy="Choose another worker id.",
        )
    if request.type == "ray" and trust is not Trust.MEMBER:
        raise MembersOnly(
            asked=asked,
            obstacle="a machine that joins the Ray cluster can act on all of it, so only members may",
            remedy="Ask the platform's operator for a member's join token, or register with type 'native'.",
        )
    live = is_live(status=ProviderStatus(known.status), last_heartbeat=known.last_heartbeat, now=now)
    if live and known.agent_session is not None and known.agent_session != request.agent_session:
        wait = SILENT_AFTER - (now - known.last_heartbeat)
        raise AgentAlreadyRunning(
            asked=asked,
            obstacle="another agent with this worker id is alive",
            remedy="Stop it first, or give this one a worker id of its own. One that was killed counts as gone after "
            f"{SILENT_AFTER.seconds} s of silence.",
            details={"retryAfterSeconds": max(1, int(wait.total_seconds()) + 1)},
        )
    cpu, ram = request.cpu, request.ram
    if (cpu and cpu.cores < known.allocated_cpu) or (ram and ram.total_mib < known.allocated_memory_mib):
        raise CapacityInUse(
            asked=asked,
            obstacle=f"running jobs hold {known.allocated_cpu} cores and {known.allocated_memory_mib} MiB of it",
            remedy="Register with what it had, or wait until these jobs have ended.",
        )


async def _check_gpus(session: AsyncSession, known: Row[Any], *, request: QuickRegister, gpus: list[Gpu]) -> None:
    """Cards that attempts hold have to be there still, and the same."""
    present = {(gpu.index, gpu.uuid, gpu.model) for gpu in gpus}
    missing = [
        held
        for held in await repository.held_gpus(session, known.id)
        if (held.place, held.uuid, held.model) not in present
    ]
    if missing:
        raise CapacityInUse(
            asked=_asked(request),
            obstacle="running jobs hold "
            + " and ".join(f"its GPU {held.place}, {held.model} ({held.uuid})" for held in missing),
            remedy="Register with the cards that it had, or wait until these jobs have ended.",
        )


def _values(
    request: QuickRegister, *, gpus: list[Gpu], known: Row[Any], trust: Trust, token: NewToken | None
) -> Mapping[str, Any]:
    return machine_of(request, gpus=gpus, known=known) | {
        "trust": trust.value,
        "worker_token_hash": token.digest if token else None,
        "agent_version": request.agent_version,
        "agent_session": request.agent_session,
        "qubic_address": request.qubic_address,
    }


async def _settle_status(session: AsyncSession, known: Row[Any], request: QuickRegister) -> None:
    """A new agent has to report before work comes: what the one before it was in the middle of is over."""
    status = ProviderStatus(known.status)
    if status is ProviderStatus.OFFLINE or known.agent_session in (None, request.agent_session):
        return
    await transition(
        session,
        provider_id=known.id,
        expected=status,
        to=ProviderStatus.OFFLINE,
        reason="its agent was started again and has not reported yet",
    )


def _asked(request: QuickRegister) -> str:
    return f"Registering the machine {request.worker_id}"
