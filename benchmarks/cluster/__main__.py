"""`python -m benchmarks.cluster`."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from benchmarks import machine
from benchmarks.placement.trace import folder
from benchmarks.report import document, show, write
from qubix.errors import QubixError

NODES: Final = "openb_node_list_gpu_node.csv"
PODS: Final = "openb_pod_list_default.csv"


def main(  # noqa: PLR0917  # each is an option of the command line
    nodes: Annotated[Path | None, typer.Option(help=f"The machines. Default: {NODES} in QUBIX_OPENB.")] = None,
    pods: Annotated[Path | None, typer.Option(help=f"The jobs with their times. Default: {PODS} there.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="So many drawn from them, 100000 say; else they alone.")
    ] = None,
    load: Annotated[
        list[float] | None, typer.Option(help="GPU time asked for, as a part of all, in one more run, of minutes.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of what is drawn.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    out: Annotated[Path | None, typer.Option(help="Where to write JSON.")] = None,
) -> None:
    """Simulate the scheduler over the trace's own submission and deletion times; with --load at one too."""
    from benchmarks.cluster.run import simulate

    at, facts, console = datetime.now(UTC), machine.facts(), Console(stderr=as_json)
    console.print(f"{at:%Y-%m-%d %H:%M} UTC on {machine.describe(facts)}\n")
    section = simulate(
        nodes or folder() / NODES, pods or folder() / PODS, jobs=jobs, loads=load or (), seed=seed, console=console
    )
    show(section, console)
    found = document([section], machine=facts, at=at)
    if out is not None:
        write(out, found)
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    try:
        typer.run(main)
    except QubixError as error:
        sys.exit(str(error))
