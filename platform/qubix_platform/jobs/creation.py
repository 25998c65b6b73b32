"""Taking in a job: checks, estimate, hold and event in one transaction."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.jobs import JobCreate, JobCreated
from qubix_platform.auth.callers import UserCaller
from qubix_platform.blobs import repository as blobs
from qubix_platform.chain.escrows import service as escrows
from qubix_platform.checkpoints import repository as checkpoints
from qubix_platform.checkpoints.errors import CheckpointNotYours, DiskTooSmall
from qubix_platform.checkpoints.payment import refuse_unpaid
from qubix_platform.escrow import service as escrow
from qubix_platform.hardware.naming import models_meant
from qubix_platform.jobs import repository, view
from qubix_platform.jobs.dependencies import service as dependency
from qubix_platform.jobs.dependencies.service import Dependencies
from qubix_platform.jobs.errors import AddressOfSomebodyElse, BundleNotFound, DeadlinePassed, IdempotencyKeyReused
from qubix_platform.jobs.estimate import Estimate, estimate
from qubix_platform.jobs.repository import NewJob
from qubix_platform.jobs.transition import announce_queued
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import hold, hourly_price
from qubix_platform.pricing.rules import highest_list_price, paid
from qubix_platform.pricing.sessions import first_hold
from qubix_platform.quotas import service as quotas
from qubix_platform.spending import service as spending
from qubix_platform.users import repository as users

_SPEC_FIELDS = {
    "source", "bundle_sha256", "entrypoint", "arguments", "command", "function", "input_data", "env", "requirements",
}  # fmt: skip


async def create_job(
    session: AsyncSession,
    *,
    caller: UserCaller,
    request: JobCreate,
    idempotency_key: str | None = None,
    policy: MarketPolicy | None = None,
) -> JobCreated:
    """Store a job and hold its escrow: price cap times time limit, of a long job the part that the policy says.

    A repeated `idempotency_key` with the same request gives the job that it made, and holds nothing again.

    Raises:
        BalanceTooLow: the caller's balance does not cover the hold.
        SpendingLimitReached: it goes beyond a limit that the caller set.
        IdempotencyKeyReused: the key came before with another request.
        BundleNotFound: the bundle was not uploaded by the caller.
        DependencyNotFound, DependencyNeverMet: it shall run after a job that is not the caller's, or has failed.
        DeadlinePassed: it was to end in the past.
        CheckpointNotYours: it shall begin with a checkpoint that the caller has not.
        CheckpointUnpaid: that holds work of a machine that was lost, for which nobody was paid.
        DiskTooSmall: that checkpoint is larger than the disk that the job asks for.
        PriorityNotAllowed: it is of a priority that the caller was not given.
        AddressOfSomebodyElse: the request names another Qubic address than the caller's.
        EscrowNotFound, EscrowNotUsable, EscrowTooSmall: the escrow that is to pay for it does not.
    """
    policy = policy or MarketPolicy()
    known = await made_before(session, caller=caller, request=request, key=idempotency_key)
    if known is not None:
        return await _created_before(session, caller, known)
    new = await prepare(session, caller=caller, request=request, policy=policy)
    held = new.job.hold_amount
    row = await repository.insert(session, new.job)
    await store_beside(session, [row.id], request=request, dependencies=new.dependencies)
    if row.is_limited:
        await spending.check(session, user_id=caller.user_id, key_id=caller.key_id, job_total=new.most, added=0)
    await remember(session, caller=caller, request=request, key=idempotency_key, job_id=row.id)
    if request.escrow_id is not None:
        await escrows.attach(session, escrow_id=request.escrow_id, user_id=caller.user_id, job_id=row.id, amount=held)
    else:
        await escrow.hold(session, replace(view.purse(row), held=0), held)
    await announce_queued(session, [row.id])
    job = view.job(row)
    return JobCreated(success=True, job=job, estimated_cost=job.estimated_cost)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A job that may be stored. `most` is what it may cost at most, QU."""

    job: NewJob
    most: int
    dependencies: Dependencies


async def prepare(session: AsyncSession, *, caller: UserCaller, request: JobCreate, policy: MarketPolicy) -> Prepared:
    """Check a request and say what is to be stored for it.

    Raises:
        As of `create_job`, but for what concerns the balance and the limits of spending.
    """
    await _check(session, caller, request)
    dependencies = await dependency.find(session, request, user_id=caller.user_id)
    max_price = request.max_price * request.workers
    most = hold(max_price=max_price, seconds=request.time_limit_seconds)
    held = first_hold(max_price=max_price, time_limit_seconds=request.time_limit_seconds, policy=policy)
    if request.escrow_id is not None:
        held = await escrows.usable(session, escrow_id=request.escrow_id, user_id=caller.user_id, amount=held)
    new = _new_job(caller, request, held, await _estimate(session, request, most))
    return Prepared(job=replace(new, is_held_back=not dependencies.are_met), most=most, dependencies=dependencies)


async def store_beside(
    session: AsyncSession, job_ids: Sequence[UUID], *, request: JobCreate, dependencies: Dependencies
) -> None:
    """Store what belongs to new jobs beside them: what they run after, and the files that they begin with.

    Raises:
        TooManyDependencies: there are more than are kept account of.
    """
    await dependency.store(session, job_ids, dependencies)
    if request.from_checkpoint is not None:
        await checkpoints.give(session, request.from_checkpoint, job_ids)


async def made_before(session: AsyncSession, *, caller: UserCaller, request: JobCreate, key: str | None) -> UUID | None:
    """The (first) job that an Idempotency-Key made with the same request.

    Raises:
        IdempotencyKeyReused: the key came before with another request.
    """
    if key is None:
        return None
    known = await repository.known_key(session, user_id=caller.user_id, key=key)
    if known is None:
        return None
    if bytes(known.fingerprint) != _fingerprint(request):
        raise IdempotencyKeyReused.of(key, asked="Creating a job")
    job_id: UUID = known.job_id
    return job_id


async def remember(
    session: AsyncSession, *, caller: UserCaller, request: JobCreate, key: str | None, job_id: UUID
) -> None:
    """Remember what an Idempotency-Key made, where there is one."""
    if key is not None:
        fingerprint = _fingerprint(request)
        await repository.store_key(session, user_id=caller.user_id, key=key, fingerprint=fingerprint, job_id=job_id)


def _fingerprint(request: JobCreate) -> bytes:
    return hashlib.sha256(json.dumps(request.wire(), sort_keys=True).encode()).digest()


async def _created_before(session: AsyncSession, caller: UserCaller, job_id: UUID) -> JobCreated:
    row = await repository.get(session, job_id=job_id, user_id=caller.user_id)
    if row is None:
        raise LookupError(f"an idempotency key names job {job_id}, which its owner does not have")
    job = view.job(row)
    return JobCreated(success=True, job=job, estimated_cost=job.estimated_cost)


async def _check(session: AsyncSession, caller: UserCaller, request: JobCreate) -> None:
    await quotas.check(session, caller.user_id, request.priority)
    if request.bundle_sha256 is not None and not await blobs.is_owned(
        session, sha256=request.bundle_sha256, user_id=caller.user_id
    ):
        raise BundleNotFound(
            asked="Creating a job",
            obstacle=f"you have uploaded no bundle {request.bundle_sha256}",
            remedy=f"PUT it to /api/blobs/{request.bundle_sha256} first.",
        )
    if request.from_checkpoint is not None:
        await _check_checkpoint(session, caller, request.from_checkpoint, disk_mib=request.resources.disk_mib)
        await refuse_unpaid(session, request.from_checkpoint)
    if request.deadline is not None and request.deadline <= await repository.now(session):
        raise DeadlinePassed(
            asked="Creating a job with a deadline",
            obstacle=f"{request.deadline:%Y-%m-%d %H:%M:%S} UTC has passed",
            remedy="Give one that lies ahead, or none.",
        )
    if request.qubic_address is not None:
        address = await users.address_of(session, caller.user_id)
        if address is not None and address != request.qubic_address:
            raise AddressOfSomebodyElse(
                asked="Creating a job",
                obstacle="the Qubic address is not the one of your account",
                remedy="Leave qubicAddress out, or sign in as its owner.",
            )


async def _check_checkpoint(session: AsyncSession, caller: UserCaller, checkpoint_id: UUID, *, disk_mib: int) -> None:
    asked = "Creating a job that goes on from a checkpoint"
    size = await checkpoints.size_of(session, checkpoint_id, user_id=caller.user_id)
    if size is None:
        raise CheckpointNotYours(
            asked=asked,
            obstacle=f"you have no checkpoint {checkpoint_id}, or it is no longer kept",
            remedy="List those of a job with `qubix checkpoints JOB`: they are kept until a day after its end.",
        )
    if size > disk_mib << 20:
        raise DiskTooSmall(
            asked=asked,
            obstacle=f"its files take {size} bytes, and the job asks for {disk_mib} MiB of disk",
            remedy=f"Ask for {-(-size >> 20)} MiB of disk or more.",
        )


async def _estimate(session: AsyncSession, request: JobCreate, most: int) -> Estimate:
    if request.compute_needed <= 0:
        return Estimate(seconds=None, cost=most)
    resources = request.resources
    offer = await repository.cheapest_rate(
        session,
        max_price=highest_list_price(request.max_price) if resources.spot else request.max_price,
        models=[name for wanted in resources.gpu_models for name in models_meant(wanted)],
        min_vram=resources.min_vram_mib,
        gpu_count=resources.gpu_count,
    )
    if offer is None:
        return Estimate(seconds=None, cost=most)
    list_price = hourly_price(
        price_per_hour=offer.price_per_hour,
        gpu_count=resources.gpu_count,
        share_milli=resources.gpu_share_milli,
    )
    price = paid(list_price=list_price, is_spot=resources.spot, bid=request.max_price)
    return estimate(
        compute_needed=request.compute_needed,
        fp32_tflops=offer.fp32_tflops,
        price_per_hour=price * request.workers,
        time_limit_seconds=request.time_limit_seconds,
        held=most,
    )


def _new_job(caller: UserCaller, request: JobCreate, held: int, expected: Estimate) -> NewJob:
    return NewJob(
        user_id=caller.user_id,
        key_id=caller.key_id,
        name=request.name or _default_name(request),
        model_type=request.model_type.value,
        spec=request.model_dump(mode="json", include=_SPEC_FIELDS),
        resources=request.resources.model_dump(mode="json", by_alias=True),
        max_price=request.max_price,
        time_limit_seconds=request.time_limit_seconds,
        max_attempts=request.max_attempts,
        compute_needed=request.compute_needed,
        hold_amount=held,
        estimated_cost=expected.cost,
        estimated_seconds=expected.seconds,
        escrow_id=request.escrow_id,
        priority=request.priority,
        workers=request.workers,
        standby=request.standby,
        retry={cause.value: times for cause, times in request.retry.items()},
        deadline=request.deadline,
    )


def _default_name(request: JobCreate) -> str:
    if request.command is not None:
        return request.command[0][:200]
    return (request.function or request.entrypoint or request.model_type.value)[:200]
