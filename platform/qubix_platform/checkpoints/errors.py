"""Refusals about checkpoints."""

from qubix.errors import Conflict, InvalidRequest, NotFound, TooLarge


class CheckpointIncomplete(InvalidRequest):
    """The checkpoint names a blob that was not uploaded, or says something else of its size."""

    code = "checkpoint_incomplete"


class CheckpointTooLarge(TooLarge):
    """The checkpoint is over the platform's limit."""

    code = "checkpoint_too_large"


class CheckpointUnknown(InvalidRequest):
    """No checkpoint of this job has that id, or the attempt cannot go on from it any more."""

    code = "checkpoint_unknown"


class CheckpointNotYours(NotFound):
    """There is no such checkpoint, it is no longer kept, or it is somebody else's."""

    code = "checkpoint_not_found"


class CheckpointUnpaid(Conflict):
    """Whoever saved it was lost, and nobody was paid for what is saved in it."""

    code = "checkpoint_unpaid"


class TooManyPinned(Conflict):
    """Its owner keeps as many checkpoints as may be kept."""

    code = "too_many_pinned"


class NoRoomForSnapshot(InvalidRequest):
    """The job's owner keeps as many as may be kept."""

    code = "no_room_for_snapshot"


class SnapshotNotFound(NotFound):
    """No snapshot of the job was asked for, or it is no longer kept."""

    code = "snapshot_not_found"


class DiskTooSmall(InvalidRequest):
    """The job asks for less disk than the files take that it is to begin with."""

    code = "disk_too_small"


class NothingToCheckpoint(Conflict):
    """The job does not run, so that nobody can take a checkpoint of it."""

    code = "nothing_to_checkpoint"
