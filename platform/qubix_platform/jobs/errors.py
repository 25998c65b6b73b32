"""Refusals about jobs."""

from uuid import UUID

from qubix.errors import Conflict, InvalidRequest, NotFound


class JobNotFound(NotFound):
    """No such job, or it is somebody else's: which of the two is not told."""

    code = "job_not_found"

    @classmethod
    def of(cls, job_id: UUID, *, asked: str) -> "JobNotFound":
        """The refusal for one job."""
        return cls(asked=asked, obstacle=f"you have no job {job_id}", remedy="List yours with `qubix jobs`.")


class JobAlreadyFinal(Conflict):
    """The job has ended, and final states are final."""

    code = "job_already_final"


class IdempotencyKeyReused(Conflict):
    """The Idempotency-Key came before with another request."""

    code = "idempotency_key_reused"

    @classmethod
    def of(cls, key: str, *, asked: str) -> "IdempotencyKeyReused":
        """The refusal for one key."""
        return cls(
            asked=f"{asked} with the Idempotency-Key {key!r}",
            obstacle="the key came before with another request",
            remedy="Use a new key for a new request, or repeat the request as it was.",
        )


class BundleNotFound(InvalidRequest):
    """The job names a bundle that was not uploaded by its owner."""

    code = "bundle_not_found"


class DeadlinePassed(InvalidRequest):
    """The job was to end in the past."""

    code = "deadline_passed"


class AddressOfSomebodyElse(InvalidRequest):
    """The Qubic address in the request is not the caller's."""

    code = "address_of_somebody_else"
