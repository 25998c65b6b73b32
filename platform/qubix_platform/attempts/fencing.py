"""Whether an attempt's word on a job still counts."""

from uuid import UUID

from qubix.schemas.states import AttemptStatus
from qubix_platform.attempts.errors import AttemptFenced, AttemptNotFound, ContradictoryReport


def unknown(attempt_id: UUID, *, asked: str) -> AttemptNotFound:
    """The refusal of an attempt that is not there."""
    return AttemptNotFound(asked=asked, obstacle=f"there is no attempt {attempt_id}", remedy="Drop it.")


def fence(attempt_id: UUID, *, of_job: UUID, on_job: UUID, status: str, asked: str) -> None:
    """Refuse what an attempt has no say in any more, or never had.

    Args:
        attempt_id: who speaks.
        of_job: the job that it is an attempt of.
        on_job: the job that it speaks of.
        status: how it stands.
        asked: what it wants.

    Raises:
        ContradictoryReport: it is not an attempt of that job.
        AttemptFenced: it has ended.
    """
    if of_job != on_job:
        raise ContradictoryReport(
            asked=asked,
            obstacle=f"the token speaks for job {of_job}, not for {on_job}",
            remedy="Report on the job that the token came with.",
        )
    if AttemptStatus(status).is_final:
        raise AttemptFenced.of(attempt_id, status=status, asked=asked)
