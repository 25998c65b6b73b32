"""Running benchmarks, and telling what they found: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks import machine
from benchmarks.report import Section, document, show, write

Benchmark = Callable[[Console], Section]
"""Measures; what it says on the way goes to the console."""


def publish(benchmarks: Sequence[Benchmark], *, as_json: bool, out: Path | None) -> None:
    """Run them one after another, and show each as soon as it is done.

    Args:
        benchmarks: what to run.
        as_json: print everything as JSON at the end; tables go to standard error then.
        out: where to write the JSON; nowhere where it is not given.
    """
    at, facts = datetime.now(UTC), machine.facts()
    console = Console(stderr=as_json)
    console.print(f"{at:%Y-%m-%d %H:%M} UTC on {machine.describe(facts)}\n")
    sections = []
    for benchmark in benchmarks:
        sections.append(benchmark(console))
        show(sections[-1], console)
    found = document(sections, machine=facts, at=at)
    if out is not None:
        write(out, found)
        console.print(f"written to {out}")
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
