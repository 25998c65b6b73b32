"""Jobs, for their owners."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, status

from qubix.schemas.jobs import CancelAnswer, Job, JobCreate, JobCreated
from qubix.schemas.monitor import Artifact, JobMonitor, LogEntry
from qubix.schemas.receipts import Receipt
from qubix.schemas.states import JobStatus
from qubix.schemas.waiting import WaitingReport
from qubix_platform.jobs import service as jobs
from qubix_platform.jobs.creation import create_job
from qubix_platform.jobs.query import ListQuery
from qubix_serve.dependencies import Context, IdempotencyKey, JobsUser, Paged, ReadUser, Session
from qubix_serve.paging import Listed, Streamed

router = APIRouter(prefix="/api/jobs", tags=["jobs"])

JobId = Annotated[UUID, Path(description="The job's id.")]
Order = Literal["arrayIndex", "-createdAt", "createdAt", "name", "-name", "status", "-status", "cost", "-cost"]


@router.post("/create", status_code=status.HTTP_201_CREATED)
async def create(
    request: JobCreate,
    session: Session,
    caller: JobsUser,
    context: Context,
    idempotency_key: IdempotencyKey = None,
) -> JobCreated:
    """Create a job and hold its escrow from the caller's balance: maxPrice × timeLimitSeconds.

    Of a job that may run for longer than an hour only so much is held ahead; it is settled each hour, and the hold is
    topped up from the balance.
    """
    return await create_job(
        session, caller=caller, request=request, idempotency_key=idempotency_key, policy=context.settings.policy
    )


@router.get("")
async def list_jobs(  # noqa: PLR0917 - one argument for each filter of the query string
    session: Session,
    caller: ReadUser,
    page: Paged,
    status: Annotated[list[JobStatus] | None, Query()] = None,
    array: Annotated[UUID | None, Query(description="Only the jobs of this array.")] = None,
    group: Annotated[UUID | None, Query(description="Only the workers of this group.")] = None,
    search: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
    sort: Order = "-createdAt",
) -> list[Job]:
    """The caller's jobs."""
    query = ListQuery(
        user_id=caller.user_id,
        statuses=tuple(status or ()),
        search=search or None,
        array_id=array,
        group_id=group,
        order=sort,
        limit=page.limit,
        offset=page.offset,
    )
    found, total = await jobs.list_jobs(session, query)
    page.describe(total)
    return found


@router.get("/{job_id}")
async def get_job(job_id: JobId, session: Session, caller: ReadUser) -> Job:
    """One of the caller's jobs."""
    return await jobs.get_job(session, caller=caller, job_id=job_id)


@router.post("/{job_id}/cancel")
async def cancel(job_id: JobId, session: Session, caller: JobsUser) -> CancelAnswer:
    """Stop a job. What it used until then is paid, the rest of the hold goes back."""
    return await jobs.cancel_job(session, caller=caller, job_id=job_id)


@router.get("/{job_id}/monitor")
async def monitor(job_id: JobId, session: Session, caller: ReadUser) -> JobMonitor:
    """Status, progress, usage, the logs' tail, cost so far, estimated end, and why it waits."""
    return await jobs.monitor(session, caller=caller, job_id=job_id, now=datetime.now(UTC))


@router.get("/{job_id}/logs")
async def logs(  # noqa: PLR0917 - what FastAPI hands in
    job_id: JobId,
    session: Session,
    caller: ReadUser,
    stream: Streamed,
    after: Annotated[int, Query(ge=-1, le=2**62)] = -1,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> list[LogEntry]:
    """Output after a sequence number, in order."""
    found = await jobs.logs(session, caller=caller, job_id=job_id, after=after, limit=limit)
    if len(found) == limit:
        stream.continue_after(found[-1].seq)
    return found


@router.get("/{job_id}/artifacts")
async def artifacts(job_id: JobId, session: Session, caller: ReadUser, whole: Listed) -> list[Artifact]:
    """What the job left in `$QUBIX_OUTPUT`; fetch each as a blob."""
    return whole.of(await jobs.artifacts(session, caller=caller, job_id=job_id))


@router.get("/{job_id}/receipt")
async def receipt(job_id: JobId, session: Session, caller: ReadUser, context: Context) -> Receipt:
    """How the job's hold was divided, from the ledger's own entries."""
    return await jobs.receipt(session, caller=caller, job_id=job_id, policy=context.settings.policy)


@router.get("/{job_id}/why")
async def why(job_id: JobId, session: Session, caller: ReadUser) -> WaitingReport | None:
    """Why the job waits, from the decision itself; null where it does not wait."""
    return await jobs.why(session, caller=caller, job_id=job_id)
