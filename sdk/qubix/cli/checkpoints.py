"""Commands about what jobs save."""

from typing import Annotated

import typer

from qubix.cli import session
from qubix.cli.jobs import JobId
from qubix.cli.output import AsJson, ago, out, qu
from qubix.durations import seconds
from qubix.options import CloneOptions


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("checkpoints")(checkpoints)
    app.command("checkpoint")(checkpoint)
    app.command("snapshot")(snapshot)
    app.command("clone")(clone)


def checkpoints(
    job_id: JobId,
    pin: Annotated[str | None, typer.Option("--pin", help="Keep this one until told otherwise.")] = None,
    unpin: Annotated[str | None, typer.Option("--unpin", help="Keep this one no longer than others.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what a job saved in $QUBIX_CHECKPOINT, the newest first."""
    with session.open_client() as client:
        job = client.job(job_id)
        for chosen, is_pinned in ((pin, True), (unpin, False)):
            if chosen is not None:
                job.pin(chosen, is_pinned=is_pinned)
        found = job.checkpoints
    if as_json:
        out.json(found)
        return
    out.table(
        ["CHECKPOINT", ">ATTEMPT", ">NUMBER", ">FILES", ">BYTES", "TAKEN", "KEPT"],
        [
            (
                each.id,
                each.attempt or "given",
                each.number,
                each.files,
                f"{each.size:,}",
                ago(each.taken_at),
                " ".join(word for word, holds in (("pinned", each.is_pinned), ("snapshot", each.is_snapshot)) if holds),
            )
            for each in found
        ],
        empty="The job saved no checkpoint: what it keeps in $QUBIX_CHECKPOINT becomes one.",
    )


def checkpoint(
    job_id: JobId,
    timeout: Annotated[str, typer.Option("--timeout", "-t", help="How long to wait for it.")] = "1m",
    pin: Annotated[bool, typer.Option("--pin", help="Keep it until told otherwise.")] = False,
    as_json: AsJson = False,
) -> None:
    """Have a checkpoint of a running job taken now."""
    with session.open_client(patient=True) as client:
        found = client.job(job_id).snapshot(timeout=seconds(timeout), pin=pin)
    if as_json:
        out.json(found)
        return
    out.note(f"{found.files} files, {found.size:,} bytes, of attempt {found.attempt}.")
    out.line(str(found.id))


def snapshot(
    job_id: JobId,
    timeout: Annotated[str, typer.Option("--timeout", "-t", help="How long to wait for it.")] = "1m",
    as_json: AsJson = False,
) -> None:
    """Keep a running job's work folder and checkpoint folder as they are now: see clone --from."""
    with session.open_client(patient=True) as client:
        found = client.job(job_id).snapshot_workspace(timeout=seconds(timeout))
    if as_json:
        out.json(found)
        return
    out.note(f"{found.files} files, {found.size:,} bytes, of attempt {found.attempt}.")
    out.line(str(found.id))


def clone(  # noqa: PLR0917  # each is an option of the command line
    job_id: JobId,
    checkpoint_id: Annotated[
        str | None, typer.Option("--checkpoint", "--from", help="From this checkpoint or snapshot.")
    ] = None,
    from_start: Annotated[bool, typer.Option("--from-start", help="From no checkpoint.")] = False,
    max_price: Annotated[int | None, typer.Option("--max-price", "-p", min=0, help="QU per hour, at most.")] = None,
    timeout: Annotated[str | None, typer.Option("--timeout", "-t", help="Time limit: 90s, 15m, 1h30m.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="A name for people.")] = None,
    as_json: AsJson = False,
) -> None:
    """Submit a job again; its checkpoint folder begins with what the old one saved."""
    given = {
        "checkpoint": checkpoint_id,
        "from_start": from_start or None,
        "max_price": max_price,
        "timeout": timeout,
        "name": name,
    }
    options = CloneOptions(**{key: value for key, value in given.items() if value is not None})  # type: ignore[typeddict-item]  # built by name
    with session.open_client() as client:
        info = client.job(job_id).clone(**options).latest
    if as_json:
        out.json(info)
        return
    out.note(f"Job {info.id} ({info.name}): {qu(info.hold_amount)} held.")
    out.line(str(info.id))
