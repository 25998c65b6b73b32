"""`python -m benchmarks.placement [replay|report]`."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.placement.mixes import Mix
from benchmarks.placement.trace import folder
from benchmarks.publish import publish
from benchmarks.report import Section
from qubix.errors import QubixError

app = typer.Typer(help="Placement on the openb trace, beside first-fit, best-fit and FGD.", no_args_is_help=True)


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@app.command()
def replay(
    *,
    nodes: Annotated[Path, typer.Option(help="sn, cpu_milli, memory_mib, gpu, model.")],
    pods: Annotated[Path, typer.Option(help="name, cpu_milli, memory_mib, num_gpu, gpu_milli, and maybe gpu_spec.")],
    arrivals: Annotated[Path, typer.Option(help="One column, pod: names in the order of arrival.")],
    out: Annotated[Path, typer.Option(help="Where to write our placements: arrival, node, gpus.")],
    baselines: Annotated[bool, typer.Option(help="Run the others beside ours.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Place arrivals one after the other, each on what those before it left."""
    from benchmarks.placement.replay import Files, replay

    files = Files(nodes=nodes, pods=pods, arrivals=arrivals)
    publish([lambda _: replay(files, out=out, baselines=baselines)], as_json=as_json, out=None)


@app.command()
def report(
    *,
    trace: Annotated[
        list[str] | None, typer.Option(help="Lists of pods. Default: default, gpuspec10 and gpuspec33.")
    ] = None,
    mix: Annotated[list[Mix] | None, typer.Option(help="What is made of them. Default: all.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Orders of arrival.")] = 10,
    permute: Annotated[bool, typer.Option(help="Other names and another order of the machines with each seed.")] = True,
    out: Annotated[Path | None, typer.Option(help="Where to write JSON.")] = None,
    as_json: JsonOption = False,
) -> None:
    """FGD's protocol on the files in QUBIX_OPENB: all pods in a random order, then more, up to 130 % of the GPUs."""
    from benchmarks.placement.report import report

    def measure(_: Console) -> Section:
        return report(
            folder(),
            traces=trace or ["default", "gpuspec10", "gpuspec33"],
            mixes=mix or list(Mix),
            seeds=seeds,
            permute=permute,
        )

    publish([measure], as_json=as_json, out=out)


if __name__ == "__main__":
    try:
        app()
    except QubixError as error:
        sys.exit(str(error))
