"""`python -m tools.proof [PYTEST ARGUMENT ...]`: runs every test marked `proof`; pytest's own exit status."""

import sys
from datetime import UTC, datetime

import pytest
from rich.console import Console

from tools.proof.record import Recorder, machine, table


def main(arguments: list[str]) -> int:
    """Run the proofs one after another (each wants the machine for itself) and print the table."""
    recorder = Recorder()
    status = pytest.main(["-m", "proof", "-p", "no:xdist", "--timeout", "1800", *arguments], plugins=[recorder])
    Console().print(table(recorder.proofs, at=datetime.now(UTC), where=machine()))
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
