"""Every endpoint of the API that a client uses, as a call: the one description that all clients share. No I/O."""

from pathlib import Path
from typing import Final
from urllib.parse import quote
from uuid import UUID

from qubix.calls import Call, Page, Reply, body_of, one, optional, several
from qubix.schemas.accounts import DevCredit, DevCredited, NewApiKey, User, UserCreate
from qubix.schemas.analysis import Analysis, AnalyzeRequest
from qubix.schemas.jobs import CancelAnswer, Job, JobCreate, JobCreated
from qubix.schemas.market import MatchAnswer, MatchRequest
from qubix.schemas.monitor import Artifact, JobMonitor, LogEntry
from qubix.schemas.platform import BlobStored, Health
from qubix.schemas.providers import (
    Earnings,
    JoinToken,
    JoinTokenRequest,
    Offer,
    Provider,
    ProviderPatch,
    ProviderRemoved,
)
from qubix.schemas.quotes import Quote, QuoteRequest
from qubix.schemas.receipts import Receipt
from qubix.schemas.spending import SpendingLimit, SpendingLimitSet
from qubix.schemas.waiting import WaitingReport

LOG_PAGE: Final = 1000
"""How many log entries are asked for at once."""

Query = tuple[tuple[str, str], ...]


def health() -> Call[Health]:
    """The state of each part of the platform; a platform that is down says so with 503 and the same body."""
    return Call(
        asked="Asking for the platform's health",
        method="GET",
        path="/api/health",
        parse=one(Health),
        accept=frozenset({200, 503}),
    )


def me() -> Call[User]:
    """The caller."""
    return Call(asked="Asking who the API key belongs to", method="GET", path="/api/users/me", parse=one(User))


def create_user(request: UserCreate) -> Call[NewApiKey]:
    """Make a user with a first API key; operators only."""
    return Call(
        asked=f"Making the user {request.username}",
        method="POST",
        path="/api/users",
        parse=one(NewApiKey),
        **body_of(request),
    )


def credit(request: DevCredit, *, idempotency_key: str) -> Call[DevCredited]:
    """Play money, QU, on a development platform. The same key credits once."""
    return Call(
        asked=f"Crediting {request.amount} QU of play money",
        method="POST",
        path="/api/dev/credit",
        parse=one(DevCredited),
        **body_of(request, {"Idempotency-Key": idempotency_key}),
    )


def offers(query: Query) -> Call[Page[Offer]]:
    """The marketplace, a row for each machine."""
    return Call(asked="Listing offers", method="GET", path="/api/gpus", parse=several(Offer), query=query)


def providers(query: Query) -> Call[Page[Provider]]:
    """The marketplace, every machine with all of its cards."""
    return Call(asked="Listing providers", method="GET", path="/api/providers", parse=several(Provider), query=query)


def my_providers() -> Call[Page[Provider]]:
    """The caller's machines."""
    return Call(asked="Listing your machines", method="GET", path="/api/providers/my", parse=several(Provider))


def provider(provider_id: UUID | str) -> Call[Provider]:
    """One machine."""
    path = f"/api/providers/{_segment(provider_id)}"
    return Call(asked=f"Showing provider {provider_id}", method="GET", path=path, parse=one(Provider))


def patch_provider(provider_id: UUID | str, patch: ProviderPatch) -> Call[Provider]:
    """Change a machine's price, availability, name or place."""
    path = f"/api/providers/{_segment(provider_id)}"
    return Call(
        asked=f"Changing provider {provider_id}", method="PATCH", path=path, parse=one(Provider), **body_of(patch)
    )


def drain_provider(provider_id: UUID | str) -> Call[Provider]:
    """Have a machine's agent leave once what runs there has ended."""
    path = f"/api/providers/{_segment(provider_id)}/drain"
    return Call(
        asked=f"Draining provider {provider_id}", method="POST", path=path, parse=one(Provider), repeatable=True
    )


def remove_provider(provider_id: UUID | str) -> Call[ProviderRemoved]:
    """Take a machine off the market."""
    path = f"/api/providers/{_segment(provider_id)}"
    return Call(asked=f"Removing provider {provider_id}", method="DELETE", path=path, parse=one(ProviderRemoved))


def earnings() -> Call[Earnings]:
    """What the caller's machines earned."""
    return Call(asked="Asking for your earnings", method="GET", path="/api/providers/my/earnings", parse=one(Earnings))


def join_token(request: JoinTokenRequest) -> Call[JoinToken]:
    """A single-use token for a machine that shall join."""
    return Call(
        asked="Making a join token",
        method="POST",
        path="/api/providers/join-tokens",
        parse=one(JoinToken),
        **body_of(request),
    )


def match(request: MatchRequest) -> Call[MatchAnswer]:
    """Offers ranked for requirements."""
    return Call(
        asked="Matching offers",
        method="POST",
        path="/api/providers/match",
        parse=one(MatchAnswer),
        repeatable=True,
        **body_of(request),
    )


def quote_job(request: QuoteRequest) -> Call[Quote]:
    """What a job would cost."""
    return Call(
        asked="Asking what a job would cost",
        method="POST",
        path="/api/jobs/quote",
        parse=one(Quote),
        repeatable=True,
        **body_of(request),
    )


def limits() -> Call[Page[SpendingLimit]]:
    """The limits of the caller's spending."""
    return Call(
        asked="Listing your spending limits", method="GET", path="/api/users/me/limits", parse=several(SpendingLimit)
    )


def set_limits(request: SpendingLimitSet) -> Call[Page[SpendingLimit]]:
    """Set the limits of the caller's spending, or of one key's."""
    return Call(
        asked="Setting spending limits",
        method="PUT",
        path="/api/users/me/limits",
        parse=several(SpendingLimit),
        **body_of(request),
    )


def analyze(request: AnalyzeRequest) -> Call[Analysis]:
    """What a script seems to need."""
    return Call(
        asked=f"Analysing {request.filename}",
        method="POST",
        path="/api/jobs/analyze",
        parse=one(Analysis),
        repeatable=True,
        **body_of(request),
    )


def create_job(request: JobCreate, *, idempotency_key: str) -> Call[JobCreated]:
    """Submit a job. The same key with the same request gives the same job."""
    return Call(
        asked=f"Submitting job {request.name or 'without a name'}",
        method="POST",
        path="/api/jobs/create",
        parse=one(JobCreated),
        **body_of(request, {"Idempotency-Key": idempotency_key}),
    )


def jobs(query: Query) -> Call[Page[Job]]:
    """The caller's jobs."""
    return Call(asked="Listing jobs", method="GET", path="/api/jobs", parse=several(Job), query=query)


def job(job_id: UUID | str) -> Call[Job]:
    """One job."""
    return Call(asked=f"Showing job {job_id}", method="GET", path=_job_path(job_id), parse=one(Job))


def cancel(job_id: UUID | str) -> Call[CancelAnswer]:
    """Cancel a job; asking again changes nothing."""
    return Call(
        asked=f"Cancelling job {job_id}",
        method="POST",
        path=_job_path(job_id, "cancel"),
        parse=one(CancelAnswer),
        repeatable=True,
    )


def logs(job_id: UUID | str, *, after: int | None, limit: int = LOG_PAGE) -> Call[Page[LogEntry]]:
    """Output of a job, what came after sequence number `after`."""
    query: Query = (("limit", str(limit)),)
    if after is not None:
        query = (("after", str(after)), *query)
    return Call(
        asked=f"Reading the log of job {job_id}",
        method="GET",
        path=_job_path(job_id, "logs"),
        parse=several(LogEntry),
        query=query,
    )


def artifacts(job_id: UUID | str) -> Call[Page[Artifact]]:
    """Files that a job left."""
    path = _job_path(job_id, "artifacts")
    return Call(asked=f"Listing the artifacts of job {job_id}", method="GET", path=path, parse=several(Artifact))


def receipt(job_id: UUID | str) -> Call[Receipt]:
    """The settlement of a job."""
    path = _job_path(job_id, "receipt")
    return Call(asked=f"Showing the receipt of job {job_id}", method="GET", path=path, parse=one(Receipt))


def why(job_id: UUID | str) -> Call[WaitingReport | None]:
    """Why a job waits, or null where it does not."""
    path = _job_path(job_id, "why")
    return Call(asked=f"Asking why job {job_id} waits", method="GET", path=path, parse=optional(WaitingReport))


def monitor(job_id: UUID | str) -> Call[JobMonitor]:
    """All about a job at once."""
    path = _job_path(job_id, "monitor")
    return Call(asked=f"Monitoring job {job_id}", method="GET", path=path, parse=one(JobMonitor))


def blob_exists(sha256: str) -> Call[bool]:
    """Whether the platform holds a blob."""
    return Call(
        asked=f"Looking for blob {sha256[:12]}…",
        method="HEAD",
        path=_blob_path(sha256),
        parse=lambda reply: reply.status == 200,
        accept=frozenset({200, 404}),
    )


def put_blob(sha256: str, content: bytes | Path) -> Call[BlobStored]:
    """Store a blob under its digest."""
    return Call(
        asked=f"Uploading blob {sha256[:12]}…",
        method="PUT",
        path=_blob_path(sha256),
        parse=one(BlobStored),
        body=content,
        headers={"Content-Type": "application/octet-stream"},
    )


def get_blob(sha256: str) -> Call[None]:
    """Fetch a blob; its body is streamed, not parsed."""
    return Call(asked=f"Downloading blob {sha256[:12]}…", method="GET", path=_blob_path(sha256), parse=_unparsed)


def _unparsed(_: Reply) -> None:
    return None


def _job_path(job_id: UUID | str, part: str = "") -> str:
    return f"/api/jobs/{_segment(job_id)}" + (f"/{part}" if part else "")


def _blob_path(sha256: str) -> str:
    return f"/api/blobs/{_segment(sha256)}"


def _segment(value: UUID | str) -> str:
    return quote(str(value), safe="")
