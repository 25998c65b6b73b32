"""From a file to syntax trees, with bounds on everything."""

import ast
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from qubix.schemas.analysis import AnalyzeRequest, Finding
from qubix.schemas.jobs import MAX_SOURCE_BYTES
from qubix_platform.analysis.errors import TooMuchCode, UnreadableCode, UnreadableNotebook
from qubix_platform.analysis.magics import Command, strip_magics

MAX_CODE_CHARACTERS: Final = 2 * MAX_SOURCE_BYTES
MAX_CELLS: Final = 5_000
_SHOWN_CHARACTERS: Final = 200


@dataclass(frozen=True)
class Piece:
    """A script, or one cell of a notebook. `cell` counts from 1; None for a script."""

    source: str
    tree: ast.Module
    commands: tuple[Command, ...]
    cell: int | None

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree. Not by a recursive visitor: a tree may be deeper than the stack."""
        return list(ast.walk(self.tree))

    @cached_property
    def _lines(self) -> list[str]:
        return self.source.split("\n")

    def finding(self, *, kind: Any, value: str, message: str, line: int) -> Finding:
        """An observation on a line of this piece, with that line's code."""
        code = self._lines[line - 1].strip() if 0 < line <= len(self._lines) else ""
        return Finding(
            kind=kind, value=value, message=message, line=line, cell=self.cell, code=code[:_SHOWN_CHARACTERS]
        )


def is_notebook(request: AnalyzeRequest) -> bool:
    """Whether the file is a Jupyter notebook, by its name."""
    return request.filename.lower().endswith(".ipynb")


def read(request: AnalyzeRequest) -> list[Piece]:
    """Parse a script or a notebook.

    Raises:
        UnreadableCode: a syntax error, with its line; or code nested beyond what Python's own parser takes.
        UnreadableNotebook: not a notebook, or not one in Python.
        TooMuchCode: more than 512 KiB of code, or more than 5,000 cells.
    """
    cells = list(_cells(request)) if is_notebook(request) else [(None, request.content)]
    size = sum(len(source) for _, source in cells)
    if size > MAX_CODE_CHARACTERS or len(cells) > MAX_CELLS:
        raise TooMuchCode(
            asked=_asked(request),
            obstacle=f"it holds {size:,} characters of code in {len(cells):,} piece(s)",
            remedy=f"At most {MAX_CODE_CHARACTERS:,} characters in {MAX_CELLS:,} cells are analysed: "
            "send the part that does the work.",
        )
    return [_parse(request, source=source, cell=cell) for cell, source in cells]


def _parse(request: AnalyzeRequest, *, source: str, cell: int | None) -> Piece:
    # A byte order mark and other systems' line ends would shift or hide lines.
    source = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    has_magics = cell is not None or request.filename.lower().endswith(".ipy")
    code, commands = strip_magics(source) if has_magics else (source, [])
    try:
        tree = ast.parse(code)
    except SyntaxError as error:
        raise _refused(request, cell=cell, line=error.lineno or 1, obstacle=error.msg) from error
    except (RecursionError, MemoryError) as error:
        raise _refused(request, cell=cell, line=1, obstacle="it is nested too deeply for Python's parser") from error
    except ValueError as error:
        raise _refused(request, cell=cell, line=1, obstacle=f"it is no text that Python reads ({error})") from error
    return Piece(source=source, tree=tree, commands=tuple(commands), cell=cell)


def _cells(request: AnalyzeRequest) -> Iterator[tuple[int, str]]:
    try:
        notebook = json.loads(request.content)
    except (ValueError, RecursionError) as error:
        raise _no_notebook(request, f"it is not JSON ({error})") from error
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise _no_notebook(request, "it has no list of cells, as notebooks of format 4 have")
    language = _language(notebook.get("metadata"))
    if language not in (None, "python", "ipython"):
        raise _no_notebook(request, f"its language is {language[:40]}, and only Python is analysed")
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            if isinstance(source, list) and all(isinstance(line, str) for line in source):
                source = "".join(source)
            if not isinstance(source, str):
                raise _no_notebook(request, f"the source of cell {number} is not text")
            yield number, source


def _language(metadata: object) -> str | None:
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = kernel.get("language") if isinstance(kernel, dict) else None
    return language.lower() if isinstance(language, str) else None


def _asked(request: AnalyzeRequest) -> str:
    return f"Analysing {request.filename}"


def _no_notebook(request: AnalyzeRequest, obstacle: str) -> UnreadableNotebook:
    return UnreadableNotebook(
        asked=_asked(request),
        obstacle=obstacle,
        remedy="Save it with Jupyter as a Python notebook, or export it as a script (.py).",
    )


def _refused(request: AnalyzeRequest, *, cell: int | None, line: int, obstacle: str) -> UnreadableCode:
    where = f"line {line}" if cell is None else f"cell {cell}, line {line}"
    return UnreadableCode(
        asked=_asked(request),
        obstacle=f"{where}: {obstacle}",
        remedy="Mend it, and see that it is Python 3.11.",
        details={"line": line, "cell": cell},
    )
