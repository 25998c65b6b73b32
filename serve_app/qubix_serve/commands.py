"""The server's part of the `qubix` command, found through the entry-point group `qubix.commands`."""

import json
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from qubix_serve.demo.command import demo
from qubix_serve.late import AdminGroup, ServerCommand

_COLOURS: Final = {"ok": "green", "degraded": "yellow", "down": "red", "unknown": "yellow"}

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Folder of the platform. Default: QUBIX_HOME, else ~/.qubix.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]


def register(app: typer.Typer) -> None:
    """Add the commands that need the server's packages to `app`."""
    purpose = "Operate the platform, on the machine that it runs on."
    app.add_typer(typer.Typer(cls=AdminGroup, help=purpose, no_args_is_help=True), name="admin")
    for command in (up, down, status, demo):
        app.command(cls=ServerCommand)(command)


def up(  # noqa: PLR0913  # each is an option of the command line
    *,
    home: HomeOption = None,
    host: Annotated[
        str, typer.Option(help="Address of this machine to listen on. Beyond 127.0.0.1 Ray's TLS has to be on.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the API.")] = 8000,
    providers: Annotated[
        int, typer.Option(min=0, max=16, help="Start so many provider agents with simulated GPUs.")
    ] = 0,
    simulate: Annotated[
        str, typer.Option(help='Start a provider agent for each item: "RTX 4090:1, A100-80GB:2"; "own": real.')
    ] = "",
    replicas: Annotated[int, typer.Option(min=1, max=64, help="Replicas of the API.")] = 1,
    dashboard: Annotated[bool, typer.Option("--dashboard", help="Start Ray's dashboard too.")] = False,
    production: Annotated[bool, typer.Option("--production", help="No play money, no development routes.")] = False,
    autoscaling_config: Annotated[
        Path | None,
        typer.Option(help="Given by Ray's cluster launcher, which then starts the workers; see cluster.yaml."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the whole platform on this machine until Ctrl-C."""
    from qubix_serve.supervisor.agents import simulated_gpus
    from qubix_serve.supervisor.core import UpRequest
    from qubix_serve.supervisor.home import Home
    from qubix_serve.supervisor.progress import JsonProgress, RichProgress
    from qubix_serve.supervisor.run import run

    request = UpRequest(
        host=host,
        http_port=port,
        simulate=simulated_gpus(simulate, providers=providers),
        replicas=replicas,
        dashboard=dashboard,
        production=production,
        autoscaling_config=autoscaling_config,
    )
    progress = JsonProgress() if as_json else RichProgress(Console())
    run(Home.locate(home), request, progress=progress)


def down(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """End the platform of a home, whatever became of its `qubix up`, and keep its data."""
    from qubix_serve.supervisor.down import down as end
    from qubix_serve.supervisor.home import Home

    place = Home.locate(home)
    ran = end(place)
    if as_json:
        _print_json({"home": str(place.path), "stopped": ran})
    else:
        Console().print(f"stopped; the data stays in {place.path}" if ran else f"nothing runs in {place.path}")


def status(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show the health of each part, and what other machines can reach. Exit code 1 unless all is well."""
    from qubix_serve.supervisor.home import Home
    from qubix_serve.supervisor.status import status as look

    found = look(Home.locate(home))
    if as_json:
        _print_json(found.to_json())
    else:
        table = Table("part", "state", "detail", title=f"{found.home}: {found.state}", title_justify="left")
        for part in found.parts:
            table.add_row(part.name, f"[{_COLOURS[part.state]}]{part.state}[/]", part.detail)
        console = Console()
        console.print(table)
        console.print(f"{found.processes} processes, {found.memory_bytes / 1024**2:.0f} MiB")
        for listener in found.exposed:
            console.print(
                f"[yellow]reachable from outside:[/] {listener.address}:{listener.port} "
                f"({listener.program}, process {listener.pid})"
            )
        if not found.exposed:
            console.print("nothing of it can be reached from outside")
    if found.state != "ok":
        raise typer.Exit(1)


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
