"""`python -m tools.proof [--rounds N] [PYTEST ARGUMENT ...]`: runs every proof at length; pytest's own exit status."""

import argparse
import sys
from datetime import UTC, datetime

import pytest
from rich.console import Console

from tools.proof.record import Recorder, machine, table
from tools.proof.scope import Scope


def main(arguments: list[str]) -> int:
    """Run the proofs one after another (each wants the machine for itself) and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tools.proof", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=5, help="how often each strike and property runs (default: %(default)s)"
    )
    chosen, for_pytest = parser.parse_known_args(arguments)
    recorder = Recorder()
    status = pytest.main(
        ["-m", "", "-n", "0", "--timeout", "1800", *for_pytest], plugins=[recorder, Scope(chosen.rounds)]
    )
    Console().print(table(recorder.proofs, at=datetime.now(UTC), where=machine()))
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
