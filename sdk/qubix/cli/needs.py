"""What a job needs, as options of a command line: the same words in all that look for machines or ask for them."""

from typing import Annotated

import typer

from qubix.schemas.states import Interconnect, Preference

Gpus = Annotated[list[str] | None, typer.Option("--gpu", "-g", help="GPU model; several will do.")]
GpuCount = Annotated[int | None, typer.Option("--gpu-count", min=0, help="How many GPUs.")]
GpuShare = Annotated[int | None, typer.Option("--gpu-share", min=1, max=1000, help="Share, in 1/1000.")]
MinVramMib = Annotated[int | None, typer.Option("--min-vram-mib", min=0, help="MiB of one GPU, at least.")]
CpuCores = Annotated[int | None, typer.Option("--cpu", min=1, help="Processor cores.")]
MemoryMib = Annotated[int | None, typer.Option("--memory-mib", min=64, help="Memory, MiB.")]
DiskMib = Annotated[int | None, typer.Option("--disk-mib", min=16, help="Disk, MiB.")]
Places = Annotated[list[str] | None, typer.Option("--location", help="Place; several will do.")]
Labels = Annotated[list[str] | None, typer.Option("--label", help="NAME=value that its owner says of it.")]
Prefer = Annotated[
    Preference | None,
    typer.Option("--prefer", help="Which of what fits: the cheapest, the fastest to start, the best value."),
]
Apart = Annotated[
    str | None, typer.Option("--anti-affinity", help="GROUP of jobs on machines of their own; GROUP:owner, GROUP:site.")
]
Link = Annotated[Interconnect | None, typer.Option("--interconnect", help="How its GPUs reach each other, at least.")]
