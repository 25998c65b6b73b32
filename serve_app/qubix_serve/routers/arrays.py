"""Arrays of jobs, for their owners."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, status

from qubix.schemas.arrays import ArrayCancelled, ArrayCreate, ArrayCreated, JobArray
from qubix_platform.jobs.arrays import service as arrays
from qubix_serve.dependencies import Context, IdempotencyKey, JobsUser, Paged, ReadUser, Session

router = APIRouter(prefix="/api/arrays", tags=["jobs"])

ArrayId = Annotated[UUID, Path(description="The array's id.")]


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_array(
    request: ArrayCreate,
    session: Session,
    caller: JobsUser,
    context: Context,
    idempotency_key: IdempotencyKey = None,
) -> ArrayCreated:
    """Create a job for each index, and hold the escrow of each from the caller's balance: all of them, or none."""
    return await arrays.create_array(
        session, caller=caller, request=request, idempotency_key=idempotency_key, policy=context.settings.policy
    )


@router.get("")
async def list_arrays(session: Session, caller: ReadUser, page: Paged) -> list[JobArray]:
    """The caller's arrays, newest first."""
    found, total = await arrays.list_arrays(session, caller=caller, limit=page.limit, offset=page.offset)
    page.describe(total)
    return found


@router.get("/{array_id}")
async def get_array(array_id: ArrayId, session: Session, caller: ReadUser) -> JobArray:
    """One of the caller's arrays; its jobs are those of `GET /api/jobs?array=`."""
    return await arrays.get_array(session, caller=caller, array_id=array_id)


@router.post("/{array_id}/cancel")
async def cancel_array(array_id: ArrayId, session: Session, caller: JobsUser) -> ArrayCancelled:
    """Stop every job of it. What they used until then is paid, the rest of the holds goes back."""
    return await arrays.cancel_array(session, caller=caller, array_id=array_id)
