"""Commands about arrays that were submitted."""

from typing import Annotated

import typer

from qubix.cli import session
from qubix.cli.output import AsJson, ago, out, qu, status_text
from qubix.schemas.arrays import JobArray

ArrayId = Annotated[str, typer.Argument(metavar="ARRAY", help="The array's id.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("arrays")(arrays)
    app.command("array")(array)


def arrays(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List your arrays, newest first."""
    with session.open_client() as client:
        found = [each.latest for each in client.arrays(limit=limit)]
    if as_json:
        out.json(found)
        return
    out.table(
        ["ARRAY", "NAME", ">JOBS", "STATE", ">COST", "CREATED"],
        [(each.id, each.name, each.size, stands(each), qu(each.cost_so_far), ago(each.created_at)) for each in found],
        empty="You have no arrays. Submit one: qubix submit SCRIPT --array 0-9 --max-price …",
    )


def array(
    array_id: ArrayId,
    cancel: Annotated[bool, typer.Option("--cancel", help="End all of its jobs that have not ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show an array with its jobs, or end all of it."""
    with session.open_client() as client:
        handle = client.array(array_id)
        info = handle.cancel() if cancel else handle.latest
        jobs = [job.latest for job in handle.jobs()]
    if as_json:
        out.json(info.wire() | {"jobs": [job.wire() for job in jobs]})
        return
    out.facts(
        [
            ("array", info.id),
            ("name", info.name),
            ("jobs", f"{info.size}, of which {info.at_once} run at a time"),
            ("state", stands(info)),
            ("hold", qu(info.hold_amount)),
            ("cost", qu(info.cost_so_far)),
        ]
    )
    out.table(
        [">INDEX", "JOB", "STATUS", ">DONE", ">COST", "PROVIDER"],
        [
            (
                job.array_index,
                job.id,
                status_text(job.status),
                f"{job.progress:.0f} %",
                qu(job.actual_cost),
                job.worker_id or "–",
            )
            for job in jobs
        ],
        empty="",
    )


def stands(info: JobArray) -> str:
    """How an array's jobs stand, in words."""
    return ", ".join(f"{count} {status.value.lower()}" for status, count in sorted(info.counts.items()))
