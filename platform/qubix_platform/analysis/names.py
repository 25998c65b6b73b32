"""Who is behind a name: imports followed, without recursion."""

import ast
from collections.abc import Iterable
from typing import Final

from qubix_platform.analysis.reading import Piece

_LONGEST_CHAIN: Final = 32


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a chain of attributes; what it hangs on, if it is no plain name, is left out: `.cuda`."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute) and len(parts) < _LONGEST_CHAIN:
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))


class Names:
    """The names that imports bind, over all pieces: a notebook's cells share them."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._imported: dict[str, str] = {}
        for piece in pieces:
            for node in piece.nodes:
                if isinstance(node, ast.Import):
                    for alias in node.names:
                        self._imported[alias.asname or alias.name.split(".")[0]] = (
                            alias.name if alias.asname else alias.name.split(".")[0]
                        )
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    for alias in node.names:
                        self._imported[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def full(self, node: ast.expr) -> str:
        """The full name: `torch.nn.Linear` for `nn.Linear` after `from torch import nn`."""
        head, _, rest = dotted(node).partition(".")
        known = self._imported.get(head, head)
        return f"{known}.{rest}" if rest else known


def last(name: str) -> str:
    """The last part of a full name."""
    return name.rpartition(".")[2]


def text_of(node: ast.expr | None) -> str | None:
    """The text of a string constant."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
