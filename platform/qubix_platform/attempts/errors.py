"""Refusals about attempts."""

from uuid import UUID

from qubix.errors import Conflict, InvalidRequest, LeaseLost, NotFound


class AttemptNotFound(NotFound):
    """No such attempt."""

    code = "attempt_not_found"


class AttemptFenced(LeaseLost):
    """The attempt has ended or was given up: another may run the job by now, so this one's word does not count."""

    code = "attempt_fenced"

    @classmethod
    def of(cls, attempt_id: UUID, *, status: str, asked: str) -> "AttemptFenced":
        """The refusal for one attempt."""
        return cls(
            asked=asked,
            obstacle=f"attempt {attempt_id} no longer holds the job's lease: it is {status}",
            remedy="Stop the job and drop its files; nothing that it reports from now on will count.",
        )


class AssignmentRefused(Conflict):
    """The database refused an assignment: the job is no longer waiting, or the capacity went to another."""

    code = "assignment_refused"


class ContradictoryReport(InvalidRequest):
    """A completion whose status and cause contradict each other, or a report on another job than the attempt's."""

    code = "contradictory_report"
