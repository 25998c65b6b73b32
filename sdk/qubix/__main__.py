"""`python -m qubix` is the `qubix` command."""

from qubix.cli import main

main()
