"""The Python that jobs run on."""

import sys
from pathlib import Path


def base_interpreter() -> tuple[Path, Path]:
    """The prefix and the program of the Python that this agent runs on, below any virtual environment."""
    prefix = Path(sys.base_prefix).resolve()
    program = prefix / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    return prefix, program
