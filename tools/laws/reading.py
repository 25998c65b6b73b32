"""Reading Python source: the few questions that several laws ask of a syntax tree."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

SERVER_ROOMS = frozenset({"platform", "actors", "serve_app"})
ROOMS = SERVER_ROOMS | {"sdk", "node_agent"}


def is_python_in(path: PurePosixPath, rooms: frozenset[str] | set[str]) -> bool:
    """Whether the path is a Python module of one of these top-level folders."""
    return path.suffix == ".py" and path.parts[0] in rooms


def is_under(path: PurePosixPath, *folders: str) -> bool:
    """Whether the path lies below one of these folders, given from the repository's root."""
    return any(path.is_relative_to(folder) for folder in folders)


def is_migration(path: PurePosixPath) -> bool:
    """Whether the path is part of a folder of migrations."""
    return "migrations" in path.parts


def dotted(node: ast.expr) -> str:
    """`a.b.c` for a name or a chain of attributes; an empty string for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        parent = dotted(node.value)
        return f"{parent}.{node.attr}" if parent else ""
    return ""


def called_name(call: ast.Call) -> str:
    """The last part of what is called: `commit` for `self.session().commit()`."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call in the tree."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported, wherever the statement stands: `from a import b` gives `a.b`.

    An import by `importlib.import_module("a.b")` or `__import__("a.b")` counts.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and called_name(node) in {"import_module", "__import__"} and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield node.lineno, name.value


def imported_as(tree: ast.AST) -> dict[str, str]:
    """The full name behind each name that the module's imports bind: `{"sa": "sqlalchemy"}`."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return names


def full_name(node: ast.expr, names: dict[str, str]) -> str:
    """`dotted`, with the first part replaced by what it was imported as."""
    head, _, rest = dotted(node).partition(".")
    known = names.get(head, head)
    return f"{known}.{rest}" if rest else known


def is_module(name: str, *modules: str) -> bool:
    """Whether a full name is one of these modules or lies in one."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of every string that the code uses: no docstrings, and f-strings whole, with `?` for a value."""
    skipped = _docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            yield node.lineno, "".join(_constant_text(part) for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


def _constant_text(part: ast.expr) -> str:
    return part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "?"


def _docstrings(tree: ast.AST) -> set[int]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = (node.body for node in ast.walk(tree) if isinstance(node, documented))
    return {id(statement.value) for body in bodies for statement in body if isinstance(statement, ast.Expr)}
