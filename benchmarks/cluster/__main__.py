"""`python -m benchmarks.cluster`."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from benchmarks.placement.trace import folder
from benchmarks.publish import publish
from benchmarks.report import Section
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

    def measure(console: Console) -> Section:
        return simulate(
            nodes or folder() / NODES, pods or folder() / PODS, jobs=jobs, loads=load or (), seed=seed, console=console
        )

    publish([measure], as_json=as_json, out=out)


if __name__ == "__main__":
    try:
        typer.run(main)
    except QubixError as error:
        sys.exit(str(error))
