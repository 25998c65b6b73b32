"""Where a machine may stand by for a job that runs on another one."""

from dataclasses import replace
from uuid import UUID

from qubix_platform.placement.model import Apart, PendingJob


def beside(job: PendingJob, *, owner: UUID, site: str | None) -> PendingJob:
    """A second machine for a job, wanted like any other, but of another owner and at another site than the first.

    What takes one machine away, be it its owner or a power cut, is then not likely to take both.

    Args:
        job: as it waited for its first machine.
        owner: of the first machine.
        site: where the first one stands. Where that is not known no other machine is known to stand elsewhere.
    """
    apart = Apart(owner=owner, site=None if site is None else site.casefold())
    return replace(job, is_standby=True, request=replace(job.request, apart=apart))
