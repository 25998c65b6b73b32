"""`qubix group`: identical jobs whose number follows the length of their queue."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

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
from qubix.cli.output import AsJson, ago, out, qu
from qubix.cli.submit import pairs
from qubix.errors import InvalidRequest
from qubix.options import GroupOptions
from qubix.schemas.groups import JobGroup
from qubix.schemas.states import ItemStatus, Priority

GroupId = Annotated[str, typer.Argument(metavar="GROUP", help="The group's id.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(name="group", help="Identical jobs, as many as their queue calls for.", no_args_is_help=True)
    group.command("create", no_args_is_help=True)(create)
    for command in (push, status, items, scale, drain, delete):
        group.command(command.__name__)(command)
    group.command("list")(show)
    app.add_typer(group)


def create(  # noqa: PLR0913, PLR0917  # each is an option of the command line
    path: Annotated[str, typer.Argument(help="A Python script or a folder: what each worker runs.")],
    max_price: Annotated[int, typer.Option("--max-price", "-p", min=0, help="QU per hour of a worker, at most.")],
    most: Annotated[int, typer.Option("--max", min=1, help="So many workers at most.")],
    least: Annotated[int, typer.Option("--min", min=0, help="So many workers even without items.")] = 0,
    items_per_worker: Annotated[int, typer.Option("--items-per-worker", min=1, help="One for so many items.")] = 1,
    idle: Annotated[str, typer.Option("--idle", help="Fewer once fewer would have done for so long.")] = "1m",
    max_tries: Annotated[int, typer.Option("--max-tries", min=1, max=20, help="Workers that may fail an item.")] = 3,
    timeout: Annotated[str, typer.Option("--timeout", "-t", help="Time limit of a worker: 15m, 1h30m.")] = "1h",
    gpu: Gpus = None,
    gpu_count: GpuCount = None,
    gpu_share: GpuShare = None,
    min_vram: MinVramMib = None,
    cpu: CpuCores = None,
    memory: MemoryMib = None,
    disk: DiskMib = None,
    location: Places = None,
    prefer: Prefer = None,
    label: Labels = None,
    anti_affinity: Apart = None,
    interconnect: Link = None,
    env: Annotated[list[str] | None, typer.Option("--env", "-e", help="NAME=value for the workers.")] = None,
    requirement: Annotated[list[str] | None, typer.Option("--requirement", "-r", help="pip requirement.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="A name for people.")] = None,
    entrypoint: Annotated[str | None, typer.Option("--entrypoint", help="Script in the folder.")] = None,
    spot: Annotated[bool, typer.Option("--spot", help="Bid --max-price; make room for the list price.")] = False,
    priority: Annotated[Priority | None, typer.Option("--priority", help="Which jobs that wait go first.")] = None,
    as_json: AsJson = False,
) -> None:
    """Create a group: its script takes items by qubix.items(), and its number of workers follows the queue.

    qubix group create worker.py --max 8 --gpu "RTX 4090" --max-price 50000
    """
    options: dict[str, Any] = {
        "max_price": max_price,
        "max_workers": most,
        "min_workers": least,
        "items_per_worker": items_per_worker,
        "idle": idle,
        "max_tries": max_tries,
        "timeout": timeout,
        "gpu": gpu,
        "gpu_count": gpu_count,
        "gpu_share_milli": gpu_share,
        "min_vram_mib": min_vram,
        "cpu_cores": cpu,
        "memory_mib": memory,
        "disk_mib": disk,
        "locations": location,
        "prefer": prefer,
        "labels": pairs(label, "--label"),
        "anti_affinity": anti_affinity,
        "interconnect": interconnect,
        "env": pairs(env, "--env"),
        "requirements": requirement,
        "name": name,
        "spot": spot or None,
        "priority": priority,
    }
    given = GroupOptions(**{key: value for key, value in options.items() if value is not None})  # type: ignore[typeddict-item]  # built by name
    with session.open_client() as client:
        info = client.create_group(path, entrypoint=entrypoint, **given).latest
    if as_json:
        out.json(info)
        return
    out.note(f"Group {info.id} ({info.name}): {info.min_workers} to {info.max_workers} workers.")
    out.line(str(info.id))


def push(
    group_id: GroupId,
    given: Annotated[list[str] | None, typer.Argument(metavar="ITEM", help="JSON each; other text is text.")] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="JSON, one item a line; - is stdin.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give a group items: qubix group push GROUP '{"frame": 1}' '{"frame": 2}'."""
    texts = [*(given or []), *(_lines(file) if file is not None else [])]
    if not texts:
        raise InvalidRequest(
            asked="Giving items to a group", obstacle="there is none", remedy="Name them, or a --file of them."
        )
    with session.open_client() as client:
        names = client.group(group_id).push([_data(text) for text in texts])
    if as_json:
        out.json(names)
    else:
        out.line(f"{len(names):,} items queued.")


def status(group_id: GroupId, as_json: AsJson = False) -> None:
    """Show a group with its workers and its queue."""
    with session.open_client() as client:
        handle = client.group(group_id)
        workers = [job.latest for job in handle.workers()]
    info = handle.latest
    if as_json:
        out.json(info.wire() | {"jobs": [job.wire() for job in workers]})
        return
    _facts(info)
    out.table(
        ["WORKER", "STATUS", ">COST", "PROVIDER", "CREATED"],
        [
            (job.id, job.status.value, qu(job.actual_cost), job.worker_id or "–", ago(job.created_at))
            for job in workers
            if not job.status.is_final
        ],
        empty="No worker runs now.",
    )


def items(
    group_id: GroupId,
    state: Annotated[
        list[ItemStatus] | None, typer.Option("--status", case_sensitive=False, help="Only these.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List a group's items, with what came of them."""
    with session.open_client() as client:
        found = client.group(group_id).items(*(state or []))
    out.rows(
        found,
        ["NAME", "STATUS", ">TRIES", "DATA", "RESULT"],
        (
            (each.name, each.status.value, each.tries, _short(each.data), each.error or _short(each.result))
            for each in found
        ),
        empty="It has no such items.",
        as_json=as_json,
    )


def show(
    ended: Annotated[bool, typer.Option("--all", help="With those that have ended.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List your groups, newest first."""
    with session.open_client() as client:
        found = [each.latest for each in client.groups(ended=ended, limit=limit)]
    out.rows(
        found,
        ["GROUP", "NAME", "STATUS", ">WORKERS", "ITEMS", ">COST", "CREATED"],
        (
            (
                each.id,
                each.name,
                each.status.value,
                each.workers,
                _stands(each),
                qu(each.cost_so_far),
                ago(each.created_at),
            )
            for each in found
        ),
        empty="You have no groups. Make one: qubix group create SCRIPT --max 4 --max-price …",
        as_json=as_json,
    )


def scale(
    group_id: GroupId,
    least: Annotated[int | None, typer.Option("--min", min=0, help="So many workers even without items.")] = None,
    most: Annotated[int | None, typer.Option("--max", min=1, help="So many workers at most.")] = None,
    as_json: AsJson = False,
) -> None:
    """Give a group other bounds. One that stopped because its workers failed goes on."""
    with session.open_client() as client:
        info = client.group(group_id).scale(min_workers=least, max_workers=most)
    _say(info, as_json=as_json)


def drain(group_id: GroupId, as_json: AsJson = False) -> None:
    """Let a group take no more items, do those that are there, and end."""
    with session.open_client() as client:
        info = client.group(group_id).drain()
    _say(info, as_json=as_json)


def delete(group_id: GroupId, as_json: AsJson = False) -> None:
    """End a group now: its items are dropped and its workers stopped."""
    with session.open_client() as client:
        info = client.group(group_id).delete()
    _say(info, as_json=as_json)


def _say(info: JobGroup, *, as_json: bool) -> None:
    if as_json:
        out.json(info)
    else:
        _facts(info)


def _facts(info: JobGroup) -> None:
    leaving = f", {info.leaving} leaving" if info.leaving else ""
    facts = [
        ("group", info.id),
        ("name", info.name),
        ("status", info.status.value),
        ("workers", f"{info.workers} of {info.min_workers} to {info.max_workers}{leaving}"),
        ("items", _stands(info)),
        ("hold", qu(info.held)),
        ("cost", qu(info.cost_so_far)),
    ]
    out.facts([*facts, ("stands in the way", info.obstacle)] if info.obstacle else facts)


def _stands(info: JobGroup) -> str:
    return ", ".join(f"{count:,} {state.value.lower()}" for state, count in sorted(info.items.items())) or "none yet"


def _lines(file: Path) -> list[str]:
    try:
        content = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(
            asked=f"Reading the items of {file}",
            obstacle=f"it cannot be read as text ({error})",
            remedy="Give a file with one item of JSON a line.",
        ) from error
    return [line for line in content.splitlines() if line.strip()]


def _data(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _short(value: Any) -> str:
    return "–" if value is None else json.dumps(value)[:60]
