"""Checkpoints: what is kept of `$QUBIX_CHECKPOINT` so that a job's next attempt goes on from there."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from qubix.schemas.base import Qu, RelativePath, RequestModel, Sha256, Text, WireModel
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import SnapshotStatus

MAX_CHECKPOINT_FILES = 1000
MAX_CHECKPOINT_BYTES = 16 << 30
"""All files of one checkpoint together."""

MAX_PINNED = 100
"""So many checkpoints a user may keep until told otherwise."""

CHECKPOINT_PART_BYTES = 64 << 20
"""Files are kept in parts of this size, so that a large one that grew, or changed in one place, is not sent again."""


class CheckpointFile(RequestModel):
    """A file of a checkpoint: its parts in order, each stored as a blob. Size in bytes."""

    path: RelativePath
    size: Annotated[int, Field(ge=0)]
    parts: Annotated[list[Sha256], Field(max_length=MAX_CHECKPOINT_BYTES // CHECKPOINT_PART_BYTES + 1)] = []


SNAPSHOT_OF_JOB = "job/"
SNAPSHOT_OF_CHECKPOINT = "checkpoint/"
"""What the paths of a snapshot begin with: its files of the work folder, and of `$QUBIX_CHECKPOINT`."""


class CheckpointReport(RequestModel):
    """A checkpoint whose blobs were uploaded before. `number` counts from 1 within the attempt, so that a repeat is
    known; `ageSeconds` is how long ago the files were as they are stored. With `snapshot` it is of the workspace."""

    number: Annotated[int, Field(ge=1, le=2**31 - 1)]
    age_seconds: Annotated[float, Field(ge=0, le=30 * 86_400)] = 0
    files: Annotated[list[CheckpointFile], Field(min_length=1, max_length=MAX_CHECKPOINT_FILES)]
    snapshot: bool = False


class Checkpoint(WireModel):
    """A checkpoint as the job's owner sees it: the `number`th of attempt `attempt`. Size in bytes.

    That of attempt 0 is what the job was given when it was created. One that `isPinned` is kept until told otherwise.
    One that `isSnapshot` holds the work folder too; jobs are cloned from it, and no attempt goes on from it.
    """

    id: UUID
    attempt: int
    number: int
    taken_at: datetime
    size: int
    files: int
    is_pinned: bool = False
    is_snapshot: bool = False


class SnapshotFailure(RequestModel):
    """The runner took no snapshot, and why; `ageSeconds` is how long ago it began to try."""

    age_seconds: Annotated[float, Field(ge=0, le=30 * 86_400)] = 0
    why: Annotated[Text, Field(min_length=1, max_length=1000)]


class SnapshotOutcome(WireModel):
    """What became of the last snapshot that was asked for of a job.

    `at` is since when it is PENDING, when it was taken, or when it FAILED; then `why` says more.
    """

    status: SnapshotStatus
    at: datetime
    why: str | None = None
    snapshot: Checkpoint | None = None


class RestorableCheckpoint(WireModel):
    """A checkpoint as the next attempt's runner gets it. That of attempt 0 came with the job."""

    id: UUID
    attempt: int
    taken_at: datetime
    files: list[CheckpointFile]


class ResumedAnswer(WireModel):
    """The attempt goes on from a checkpoint. `timeLimitSeconds` is what that leaves of the job's time limit."""

    success: bool
    time_limit_seconds: int


class CheckpointRequested(WireModel):
    """The runner was asked for a checkpoint, or a snapshot, and takes it within seconds."""

    success: bool


class JobClone(RequestModel):
    """A new job like an old one. `maxPrice` QU per hour; what is left out is as it was.

    It goes on from `checkpointId`, which may be a snapshot of its workspace, else from the old job's newest checkpoint,
    if it has one and `fromStart` is not set.
    """

    checkpoint_id: UUID | None = None
    from_start: bool = False
    name: Annotated[Text, Field(min_length=1, max_length=200)] | None = None
    max_price: Qu | None = None
    time_limit_seconds: Annotated[int, Field(ge=1, le=30 * 86_400)] | None = None
    resources: ResourceRequest | None = None
