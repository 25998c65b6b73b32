"""The `qubix` command."""

import sys


def main() -> None:
    """Entry point of the `qubix` command; ends the process."""
    from qubix.cli.command import run

    sys.exit(run(sys.argv[1:]))
