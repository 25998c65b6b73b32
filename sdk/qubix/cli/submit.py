"""`qubix submit`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from qubix import flows
from qubix.array import JobArray
from qubix.cli import follow as following
from qubix.cli import session
from qubix.cli.needs import (
    Apart,
    CpuCores,
    DiskMib,
    GpuCount,
    Gpus,
    GpuShare,
    Labels,
    Link,
    MemoryMib,
    MinVramMib,
    Places,
    Prefer,
)
from qubix.cli.output import AsJson, out, qu
from qubix.durations import spoken
from qubix.errors import InvalidRequest
from qubix.options import JobOptions
from qubix.schemas.jobs import MAX_WORKERS, Job
from qubix.schemas.states import JobStatus, Priority


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("submit", no_args_is_help=True)(submit)


def submit(  # noqa: PLR0913, PLR0917  # each is an option of the command line
    path: Annotated[str, typer.Argument(help="A Python script or a folder; with --command, the program.")],
    max_price: Annotated[int, typer.Option("--max-price", "-p", min=0, help="QU per hour, at most.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Its arguments, after --.")] = None,
    timeout: Annotated[str, typer.Option("--timeout", "-t", help="Time limit: 90s, 15m, 1h30m.")] = "1h",
    gpu: Gpus = None,
    gpu_count: GpuCount = None,
    gpu_share: GpuShare = None,
    min_vram: MinVramMib = None,
    cpu: CpuCores = None,
    memory: MemoryMib = None,
    disk: DiskMib = None,
    location: Places = None,
    provider: Annotated[list[str] | None, typer.Option("--provider", help="Only this machine.")] = None,
    prefer: Prefer = None,
    avoid: Annotated[list[str] | None, typer.Option("--avoid", help="Not this machine.")] = None,
    label: Labels = None,
    anti_affinity: Apart = None,
    interconnect: Link = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=MAX_WORKERS, help="So many at once, or none.")] = 1,
    standby: Annotated[bool, typer.Option("--standby", help="Have a second machine ready to go on.")] = False,
    env: Annotated[list[str] | None, typer.Option("--env", "-e", help="NAME=value for the job.")] = None,
    requirement: Annotated[list[str] | None, typer.Option("--requirement", "-r", help="pip requirement.")] = None,
    inputs: Annotated[str | None, typer.Option("--inputs", help="JSON for the job, or @file.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="A name for people.")] = None,
    entrypoint: Annotated[str | None, typer.Option("--entrypoint", help="Script in the folder.")] = None,
    command: Annotated[bool, typer.Option("--command", help="PATH and ARGUMENTS are a command line.")] = False,
    folder: Annotated[Path | None, typer.Option("--folder", help="With --command: folder to run it in.")] = None,
    escrow: Annotated[str | None, typer.Option("--escrow", help="A locked escrow that pays for it.")] = None,
    after: Annotated[list[str] | None, typer.Option("--after", help="Run once this job completed; repeatable.")] = None,
    after_any: Annotated[list[str] | None, typer.Option("--after-any", help="Run once this job ended.")] = None,
    spot: Annotated[
        bool, typer.Option("--spot", help="Bid --max-price; make room for who pays the list price.")
    ] = False,
    priority: Annotated[Priority | None, typer.Option("--priority", help="Which jobs that wait go first.")] = None,
    retry: Annotated[str | None, typer.Option("--retry", help="user_error=2,out_of_memory=1.")] = None,
    deadline: Annotated[str | None, typer.Option("--deadline", help="2h from now, or 2026-11-23T08:00Z.")] = None,
    from_checkpoint: Annotated[str | None, typer.Option("--from-checkpoint", help="Begin with its files.")] = None,
    array: Annotated[str | None, typer.Option("--array", help="Many jobs: 0-99, or 0-99%10 for ten at a time.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show its output until it ends.")] = False,
    as_json: AsJson = False,
) -> None:
    """Submit a job: a script, a folder or a command line.

    qubix submit train.py --gpu "RTX 4090" --max-price 50000 --timeout 1h -f -- --epochs 3
    """
    options: dict[str, Any] = {
        "max_price": max_price,
        "timeout": timeout,
        "gpu": gpu,
        "gpu_count": gpu_count,
        "gpu_share_milli": gpu_share,
        "min_vram_mib": min_vram,
        "cpu_cores": cpu,
        "memory_mib": memory,
        "disk_mib": disk,
        "locations": location,
        "providers": provider,
        "prefer": prefer,
        "avoid": avoid,
        "anti_affinity": anti_affinity,
        "interconnect": interconnect,
        "labels": pairs(label, "--label"),
        "standby": standby or None,
        "workers": workers if workers > 1 else None,
        "env": pairs(env, "--env"),
        "requirements": requirement,
        "inputs": _inputs(inputs),
        "name": name,
        "escrow_id": escrow,
        "after": after,
        "after_any": after_any,
        "from_checkpoint": from_checkpoint,
        "retry": None if retry is None else _retries(retry),
        "deadline": deadline,
        "priority": priority,
        "spot": spot or None,
        "arguments": [] if command else arguments,
    }
    given = JobOptions(**{key: value for key, value in options.items() if value is not None})  # type: ignore[typeddict-item]  # built by name
    if array is not None and follow:
        raise InvalidRequest(
            asked="Following an array",
            obstacle="it has many outputs",
            remedy="Leave out --follow: qubix array ARRAY shows its jobs, qubix logs JOB -f the output of one.",
        )
    with session.open_client(patient=follow) as client:
        if array is not None:
            program = [path, *(arguments or [])] if command else None
            place = folder if command else path
            many = client.submit_array(place, array=array, command=program, entrypoint=entrypoint, **given)
            _array(many, as_json=as_json)
            return
        if command:
            job = client.submit(folder, command=[path, *(arguments or [])], entrypoint=entrypoint, **given)
        else:
            job = client.submit(path, entrypoint=entrypoint, **given)
        info = job.latest
        if as_json and not follow:
            out.json(info)
            return
        if not as_json:
            limit = spoken(info.time_limit_seconds)
            out.note(f"Job {info.id} ({info.name}): {_held(info)} for at most {limit}.")
        if not follow:
            out.line(str(info.id))
            return
        end = following.as_json_lines(job) if as_json else following.on_terminal(job, client)
    if end.status is not JobStatus.COMPLETED:
        raise flows.failure(end)


def _array(array: JobArray, *, as_json: bool) -> None:
    info = array.latest
    if as_json:
        out.json(info)
        return
    out.note(f"Array {info.id} ({info.name}): {info.size} jobs, {info.at_once} at a time, {qu(info.hold_amount)} held.")
    out.line(str(info.id))


def _held(info: Job) -> str:
    most = -(-info.max_price * info.workers * info.time_limit_seconds // 3600)
    if info.hold_amount >= most:
        return f"{qu(info.hold_amount)} held"
    return f"{qu(info.hold_amount)} held at first, settled and topped up each hour, {qu(most)} at most in all"


def pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    """What an option says that is given as NAME=value.

    Raises:
        InvalidRequest: one has no equals sign.
    """
    found = {}
    for pair in texts or []:
        name, equals, value = pair.partition("=")
        if not equals:
            raise InvalidRequest(
                asked=f"Reading {option} {pair}", obstacle="it has no equals sign", remedy=f"Write {option} NAME=value."
            )
        found[name] = value
    return found


def _retries(text: str) -> dict[str, int]:
    times = pairs(text.split(","), "--retry")
    if wrong := [cause for cause, count in times.items() if not count.isdecimal()]:
        raise InvalidRequest(
            asked=f"Reading --retry {text}",
            obstacle=f"it does not say how often after {wrong[0]}",
            remedy="Write --retry user_error=2,out_of_memory=1.",
        )
    return {cause.strip(): int(count) for cause, count in times.items()}


def _inputs(text: str | None) -> Any:
    if text is None:
        return None
    try:
        content = Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text
        return json.loads(content)
    except (OSError, ValueError) as error:
        raise InvalidRequest(
            asked="Reading --inputs",
            obstacle=f"it is not JSON ({error})",
            remedy="""Quote it for the shell: --inputs '{"x": 1}', or name a file: --inputs @inputs.json.""",
        ) from error
