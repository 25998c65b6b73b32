"""IPython's own syntax: taken out line by line, so that line numbers stay, and read for what it installs."""

import re
import shlex
from dataclasses import dataclass
from typing import Final

_CELL_MAGIC: Final = re.compile(r"^\s*%%(\w+)")
_PYTHON_CELLS: Final = frozenset({"time", "timeit", "capture", "prun", "python", "python3"})
_ASSIGNED: Final = re.compile(r"^(\s*)([\w.,\s\[\]'\"]+?)=\s*[!%].*$")
_PIP: Final = re.compile(r"(?:^|[\s!%])(?:pip3?|mamba|conda)\s+install\s+(.*)$")
_TAKES_VALUE: Final = frozenset(
    {
        "-c",
        "-e",
        "-f",
        "-i",
        "-r",
        "-t",
        "--constraint",
        "--editable",
        "--extra-index-url",
        "--find-links",
        "--index-url",
    }
    | {"-n", "--channel", "--name", "--requirement", "--target", "--trusted-host", "--platform", "--python-version"}
)
_REQUIREMENT: Final = re.compile(r"^[A-Za-z0-9][^\x00\n\r]*$")


@dataclass(frozen=True)
class Command:
    """A line that IPython hands to a shell or to itself. `line` counts from 1."""

    line: int
    text: str


def strip_magics(source: str) -> tuple[str, list[Command]]:
    """Python code without IPython's lines, each replaced by one that does nothing; and these lines.

    A cell in another language (`%%bash`) leaves no code at all, but its lines are commands still.
    """
    lines = source.split("\n")
    cell_magic = _CELL_MAGIC.match(lines[0]) if lines else None
    if cell_magic and cell_magic[1] not in _PYTHON_CELLS:
        return "", [Command(number, line) for number, line in enumerate(lines, start=1)]
    kept, commands = [], []
    is_continued = False
    for number, line in enumerate(lines, start=1):
        replacement = "pass" if is_continued else _replacement(line)
        if replacement is not None:
            commands.append(Command(number, line.strip()))
        is_continued = replacement is not None and line.rstrip().endswith("\\")
        kept.append(line if replacement is None else replacement)
    return "\n".join(kept), commands


def installed(command: str) -> list[str]:
    """The requirements of a `pip install`, in any of the ways to call it; none where the line is something else."""
    found = _PIP.search(command.rstrip("\\ "))
    if not found:
        return []
    try:
        words = shlex.split(found[1], comments=True)
    except ValueError:
        words = found[1].split()
    requirements, skip = [], False
    for word in words:
        if word in {"&&", "||", ";", "|", ">"}:
            break
        if not skip and not word.startswith("-") and _REQUIREMENT.match(word):
            requirements.append(word)
        skip = word in _TAKES_VALUE
    return requirements


def _replacement(line: str) -> str | None:
    stripped = line.strip()
    indent = line[: len(line) - len(line.lstrip())]
    if stripped.startswith(("%", "!", "?")) or (stripped.endswith("?") and not stripped.startswith("#")):
        return f"{indent}pass"
    if assigned := _ASSIGNED.match(line):
        return f"{assigned[1]}{assigned[2].rstrip()} = None"
    return None
