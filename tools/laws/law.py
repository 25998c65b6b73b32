"""What a law is, and what it reads."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Source:
    """One file of the repository. `path` is relative to the repository's root."""

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed module; an empty one for a file that is not Python. Raises SyntaxError."""
        return ast.parse(self.text if self.path.suffix == ".py" else "", filename=str(self.path))


@dataclass(frozen=True, order=True)
class Offence:
    """A line that breaks a law."""

    path: PurePosixPath
    line: int
    law: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.law}: {self.sentence}"


@dataclass(frozen=True)
class Law:
    """A rule of the house: where it holds, and which lines of a source break it."""

    name: str
    applies: Callable[[PurePosixPath], bool]
    find: Callable[[Source], Iterator[tuple[int, str]]]

    def offences(self, source: Source) -> list[Offence]:
        """Every line of the source that breaks this law, in order; none where the law does not apply."""
        if not self.applies(source.path):
            return []
        return sorted({Offence(source.path, line, self.name, sentence) for line, sentence in self.find(source)})
