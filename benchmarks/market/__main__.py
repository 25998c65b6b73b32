"""`python -m benchmarks.market`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.market.offers import path
from benchmarks.market.run import measure
from benchmarks.publish import publish
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
    publish([lambda _: measure(offers or path(), draws=draws)], as_json=as_json, out=out)


if __name__ == "__main__":
    try:
        app()
    except QubixError as error:
        sys.exit(str(error))
