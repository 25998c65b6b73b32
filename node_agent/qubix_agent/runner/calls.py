"""The calls of a runner, each signed with its attempt's token."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from qubix.calls import Call, Reply, one
from qubix.schemas.attempts import AttemptSpec, ReadyAnswer
from qubix.schemas.base import RequestModel
from qubix.schemas.checkpoints import CheckpointReport, ResumedAnswer, SnapshotFailure
from qubix.schemas.groups import ItemAnswer, ItemExchange
from qubix.schemas.platform import BlobStored, Health
from qubix.schemas.reports import (
    ArtifactsReport,
    CompleteAnswer,
    CompleteReport,
    LogsReport,
    MetricsReport,
    ProgressReport,
    ReportAnswer,
    StartedReport,
)

Answer = TypeVar("Answer")

_KNOWN_OR_NOT: Final = frozenset({200, 404, 405})


def started(spec: AttemptSpec) -> Call[ReportAnswer]:
    """The job runs."""
    return _report(spec, "started", StartedReport())


def ready(spec: AttemptSpec) -> Call[ReadyAnswer]:
    """The job could begin: may it?"""
    return _post(spec, "ready", parse=one(ReadyAnswer), asked=f"Asking whether attempt {spec.attempt_id} may begin")


def progress(spec: AttemptSpec, report: ProgressReport) -> Call[ReportAnswer]:
    """The job came further."""
    return _report(spec, "progress", report)


def logs(spec: AttemptSpec, report: LogsReport) -> Call[ReportAnswer]:
    """The job wrote something."""
    return _report(spec, "logs", report)


def metrics(spec: AttemptSpec, report: MetricsReport) -> Call[ReportAnswer]:
    """What the job used."""
    return _report(spec, "metrics", report)


def artifacts(spec: AttemptSpec, report: ArtifactsReport) -> Call[ReportAnswer]:
    """What the job left."""
    return _report(spec, "artifacts", report)


def checkpoint(spec: AttemptSpec, report: CheckpointReport) -> Call[ReportAnswer]:
    """What the job saved."""
    return _report(spec, "checkpoints", report)


def snapshot_failed(spec: AttemptSpec, failure: SnapshotFailure) -> Call[ReportAnswer]:
    """There is no snapshot."""
    return _report(spec, "snapshot/failed", failure)


def exchange(spec: AttemptSpec, request: ItemExchange) -> Call[ItemAnswer]:
    """What came of an item, and the wish for the next. Repeated, it gives the same one."""
    asked = f"Taking an item for attempt {spec.attempt_id}"
    return _post(spec, "items", request, parse=one(ItemAnswer), asked=asked)


def resumed(spec: AttemptSpec, checkpoint_id: UUID) -> Call[ResumedAnswer]:
    """The job is about to go on from what an earlier attempt saved."""
    asked = f"Resuming job {spec.job_id} from checkpoint {checkpoint_id}"
    return _post(spec, f"checkpoints/{checkpoint_id}/resumed", parse=one(ResumedAnswer), asked=asked)


def complete(spec: AttemptSpec, report: CompleteReport) -> Call[CompleteAnswer]:
    """The attempt is over."""
    asked = f"Completing attempt {spec.attempt_id}"
    return _post(spec, "complete", report, parse=one(CompleteAnswer), asked=asked)


def has_blob(spec: AttemptSpec, sha256: str) -> Call[bool]:
    """Whether the platform holds a blob already. A platform that does not answer HEAD counts as not holding it."""
    return Call(
        asked=f"Looking for blob {sha256}",
        method="HEAD",
        path=f"/api/blobs/{sha256}",
        parse=_exists,
        headers=_headers(spec),
        accept=_KNOWN_OR_NOT,
    )


def get_blob(spec: AttemptSpec, sha256: str) -> Call[None]:
    """A blob's content."""
    return Call(
        asked=f"Fetching bundle {sha256}",
        method="GET",
        path=f"/api/blobs/{sha256}",
        parse=lambda _: None,
        headers=_headers(spec),
    )


def put_blob(spec: AttemptSpec, sha256: str, content: Path) -> Call[BlobStored]:
    """Store a file's content."""
    return Call(
        asked=f"Storing the content {sha256}",
        method="PUT",
        path=f"/api/blobs/{sha256}",
        parse=one(BlobStored),
        headers=_headers(spec) | {"Content-Type": "application/octet-stream"},
        body=content,
    )


def _report(spec: AttemptSpec, what: str, report: RequestModel) -> Call[ReportAnswer]:
    return _post(spec, what, report, parse=one(ReportAnswer), asked=f"Reporting {what} of attempt {spec.attempt_id}")


def _post(
    spec: AttemptSpec,
    what: str,
    report: RequestModel | None = None,
    *,
    parse: Callable[[Reply], Answer],
    asked: str,
) -> Call[Answer]:
    # All are repeatable: entries carry their number, progress and start only ever move forward, an end is final.
    content = {} if report is None else {"Content-Type": "application/json"}
    return Call(
        asked=asked,
        method="POST",
        path=f"/api/jobs/{spec.job_id}/{what}",
        parse=parse,
        headers=_headers(spec) | content,
        body=None if report is None else _body(report),
        repeatable=True,
    )


def _headers(spec: AttemptSpec) -> dict[str, str]:
    return {"Authorization": f"Bearer {spec.attempt_token}"}


def _body(report: RequestModel) -> bytes:
    return report.model_dump_json(by_alias=True, exclude_defaults=True).encode()


def _exists(reply: Reply) -> bool:
    return reply.status == 200


def health() -> Call[Health]:
    """How the platform is, and which versions it runs."""
    return Call(asked="Asking how the platform is", method="GET", path="/api/health", parse=one(Health))
