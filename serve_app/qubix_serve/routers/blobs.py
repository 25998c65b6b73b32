"""Bundles, artifacts and checkpoints: content by its SHA-256."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response, status
from fastapi.responses import StreamingResponse

from qubix.schemas.platform import BlobStored
from qubix.schemas.states import Scope
from qubix_platform.blobs import service as blobs
from qubix_platform.blobs.errors import BlobNotFound
from qubix_serve.dependencies import Context, Token, blob_caller

router = APIRouter(prefix="/api/blobs", tags=["blobs"])

Digest = Annotated[
    str, Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the content, in lower-case hexadecimal.")
]


@router.put(
    "/{sha256}",
    status_code=status.HTTP_201_CREATED,
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
)
async def put_blob(sha256: Digest, request: Request, context: Context, token: Token) -> BlobStored:
    """Store content under its digest. Storing it again is cheap and changes nothing."""
    # No transaction is open while the content travels: it may take minutes.
    async with context.database.transaction() as session:
        caller = await blob_caller(session, context, token, needs=Scope.JOBS)
        user_id = await blobs.begin_upload(session, caller=caller, sha256=sha256)
    size = await context.blobs.put(sha256, request.stream())
    async with context.database.transaction() as session:
        await blobs.end_upload(session, user_id=user_id, sha256=sha256, size=size)
    return BlobStored(sha256=sha256, size=size)


@router.head("/{sha256}", response_class=Response)
async def head_blob(sha256: Digest, context: Context, token: Token) -> Response:
    """Whether the caller has stored this content and it is still there, and its size."""
    async with context.database.transaction() as session:
        caller = await blob_caller(session, context, token, needs=Scope.READ)
        size = await blobs.find(session, caller=caller, sha256=sha256)
    if not await context.blobs.exists(sha256):
        raise BlobNotFound.gone(sha256)
    return Response(headers={"Content-Length": str(size), "Content-Type": "application/octet-stream"})


@router.get(
    "/{sha256}",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def get_blob(sha256: Digest, context: Context, token: Token) -> StreamingResponse:
    """The content."""
    async with context.database.transaction() as session:
        caller = await blob_caller(session, context, token, needs=Scope.READ)
        size = await blobs.open_for_reading(session, caller=caller, sha256=sha256)
    pieces = await _begin(context.blobs.read(sha256))
    return StreamingResponse(pieces, media_type="application/octet-stream", headers={"Content-Length": str(size)})


async def _begin(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Read the first piece before the response starts, so that content which is gone is still a clean error."""
    first = await anext(pieces, b"")

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    return whole()
