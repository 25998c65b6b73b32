"""`python -m benchmarks.market`."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import machine
from benchmarks.market.offers import path
from benchmarks.market.run import measure
from benchmarks.report import document, show, write
from qubix.errors import QubixError

app = typer.Typer(add_completion=False)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@app.command()
def main(
    draws: Annotated[int, typer.Option(min=2, help="Draws of demand for each number of jobs.")] = 100,
    offers: Annotated[Path | None, typer.Option(help="The offers. Default: vast_offers.csv in QUBIX_OPENB.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write JSON.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Matching jobs to real offers together, against each taking the cheapest in turn."""
    at, facts, console = datetime.now(UTC), machine.facts(), Console(stderr=as_json)
    console.print(f"{at:%Y-%m-%d %H:%M} UTC on {machine.describe(facts)}\n")
    section = measure(offers or path(), draws=draws)
    show(section, console)
    found = document([section], machine=facts, at=at)
    if out is not None:
        write(out, found)
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    try:
        app()
    except QubixError as error:
        sys.exit(str(error))
