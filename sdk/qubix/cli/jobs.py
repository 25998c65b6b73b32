"""Commands about jobs that were submitted."""

from pathlib import Path
from typing import Annotated, Any

import typer

from qubix.cli import session
from qubix.cli.follow import print_entries
from qubix.cli.output import AsJson, ago, clean, out, qu, status_text
from qubix.durations import spoken
from qubix.options import JobFilter
from qubix.schemas.attempts import Attempt
from qubix.schemas.jobs import Job as JobInfo
from qubix.schemas.receipts import Receipt
from qubix.schemas.states import JobStatus

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("jobs")(jobs)
    app.command("show")(show)
    app.command("logs")(logs)
    app.command("cancel")(cancel)
    app.command("why")(why)
    app.command("artifacts")(artifacts)


def jobs(  # noqa: PLR0917  # each is an option of the command line
    status: Annotated[JobStatus | None, typer.Option("--status", case_sensitive=False, help="Only these.")] = None,
    search: Annotated[str | None, typer.Option("--search", help="Words in the name.")] = None,
    array: Annotated[str | None, typer.Option("--array", help="Only the jobs of this array.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="Only the workers of this group.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List your jobs, newest first."""
    wanted = JobFilter(limit=limit)
    if status:
        wanted["status"] = status
    if search:
        wanted["search"] = search
    if array:
        wanted["array"] = array
    if group:
        wanted["group"] = group
    with session.open_client() as client:
        page = client.jobs(**wanted)
    found = [job.latest for job in page]
    if as_json:
        out.json(found)
        return
    out.table(
        ["JOB", "NAME", "STATUS", ">DONE", ">COST", "PROVIDER", "CREATED"],
        [
            (
                each.id,
                each.name,
                status_text(each.status),
                f"{each.progress:.0f} %",
                qu(each.actual_cost),
                each.worker_id or "–",
                ago(each.created_at),
            )
            for each in found
        ],
        empty="You have no jobs like that.",
    )
    if len(found) < page.total:
        out.note(f"{page.total - len(found)} more: raise --limit, or narrow the search.")


def show(job_id: JobId, as_json: AsJson = False) -> None:
    """Show a job with its attempts, its usage and its cost so far."""
    with session.open_client() as client:
        monitor = client.job(job_id).monitor()
    if as_json:
        out.json(monitor)
        return
    out.facts(_facts(monitor.job, cost_so_far=monitor.cost_so_far))
    _attempts(monitor.attempts)
    if monitor.why:
        out.line(monitor.why.summary)


def logs(
    job_id: JobId,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the job ends.")] = False,
    after: Annotated[int | None, typer.Option("--after", help="Only what came after this number.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print a job's output."""
    with session.open_client(patient=follow) as client:
        entries = client.job(job_id).logs(follow=follow, after=after)
        if as_json:
            for entry in entries:
                out.json(entry)
        else:
            print_entries(entries)


def cancel(job_id: JobId, as_json: AsJson = False) -> None:
    """End a job. What it did not use is refunded."""
    with session.open_client() as client:
        info = client.job(job_id).cancel()
    if as_json:
        out.json(info)
    else:
        ending = "is cancelled" if info.status.is_final else "is being stopped"
        out.line(f"Job {info.id} {ending}.")


def why(job_id: JobId, as_json: AsJson = False) -> None:
    """Say why a job waits: each offer is counted under one reason."""
    with session.open_client() as client:
        job = client.job(job_id)
        report = job.why()
    if as_json:
        out.json(report)
        return
    if report is None:
        out.line(f"Job {job.id} does not wait: it is {job.latest.status}.")
        return
    out.line(report.summary)
    if report.reasons:
        rows = [(each.removed, each.constraint, each.message) for each in report.reasons]
        out.table([">OFFERS", "CONSTRAINT", "REASON"], rows, empty="")
    for suggestion in report.suggestions:
        out.line(suggestion)


def artifacts(
    job_id: JobId,
    download: Annotated[Path | None, typer.Option("--download", "-d", help="Save them in this folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """List a job's artifacts, or save them."""
    with session.open_client() as client:
        job = client.job(job_id)
        found = job.artifacts
        places = [job.download(each, download) for each in found] if download is not None else []
    if as_json:
        out.json([each.wire() | _saved(places, index) for index, each in enumerate(found)])
        return
    rows = [(each.path, f"{each.size:,}", each.attempt, each.sha256[:12]) for each in found]
    out.table(["PATH", ">BYTES", ">ATTEMPT", "SHA-256"], rows, empty="The job left no artifacts.")
    for place in places:
        out.note(f"Saved {clean(str(place))}")


def print_receipt(found: Receipt) -> None:
    """A receipt for people."""
    out.table(
        ["TO", ">AMOUNT", "TYPE", "WHY"],
        [(leg.to, qu(leg.amount), leg.type, leg.cause) for leg in found.legs],
        empty="Nothing was paid out yet.",
    )
    out.facts(
        [
            ("hold", qu(found.hold)),
            ("cost", f"{qu(found.cost)}, of which the platform's fee {qu(found.fee)}"),
            ("refund", qu(found.refund)),
            ("lost time", f"{spoken(found.lost_seconds_unbilled)}, not billed"),
            ("state", "settled" if found.settled else "not settled yet"),
            ("hardware", "simulated" if found.simulated else "real"),
        ]
    )
    _attempts(found.attempts)
    if found.stretches:
        out.table(
            [">ATTEMPT", ">FROM", ">TO", "BILLED", "WHY", ">COST"],
            [
                (
                    each.attempt,
                    spoken(each.begin),
                    spoken(each.end),
                    "yes" if each.billed else "no",
                    each.cause,
                    qu(each.amount),
                )
                for each in found.stretches
            ],
            empty="",
        )


def _facts(info: JobInfo, *, cost_so_far: int) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [
        ("job", info.id),
        ("name", info.name),
        ("status", status_text(info.status)),
        ("done", f"{info.progress:.0f} %"),
        ("provider", info.worker_id or "none yet"),
        ("price cap", f"{qu(info.max_price)} per hour for at most {spoken(info.time_limit_seconds)}"),
        ("hold", qu(info.hold_amount)),
        ("cost", qu(cost_so_far if info.actual_cost is None else info.actual_cost)),
    ]
    if info.settled_amount:
        facts.append(("settled on the way", qu(info.settled_amount)))
    if info.funds_end_at is not None and not info.status.is_final:
        facts.append(("money ends", f"{info.funds_end_at:%Y-%m-%d %H:%M:%S} UTC: add funds, or the job ends then"))
    if info.cause:
        facts.append(("cause", info.cause))
    if info.error:
        facts.append(("error", info.error))
    if info.result is not None:
        facts.append(("result", info.result))
    return facts


def _attempts(attempts: list[Attempt]) -> None:
    if not attempts:
        return
    out.table(
        [">ATTEMPT", "PROVIDER", "STATUS", "CAUSE", ">BILLED", ">COST", "GPUS"],
        [
            (
                each.number,
                each.worker_id,
                each.status,
                each.cause or "–",
                spoken(each.billable_seconds),
                qu(each.cost),
                ", ".join(gpu.model for gpu in each.gpus) or "none",
            )
            for each in attempts
        ],
        empty="",
    )


def _saved(places: list[Path], index: int) -> dict[str, str]:
    return {"savedAs": str(places[index])} if places else {}
