"""The wire lives in qubix.schemas: the API and the agent define no model of their own."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source
from tools.laws.reading import full_name, imported_as, is_module, is_python_in


def _applies(path: PurePosixPath) -> bool:
    return is_python_in(path, {"serve_app", "node_agent", "actors"})


def _find(source: Source) -> Iterator[tuple[int, str]]:
    names = imported_as(source.tree)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and any(_is_wire_model(full_name(base, names)) for base in node.bases):
            yield (
                node.lineno,
                f"{node.name} is a model of the wire outside qubix.schemas: define it there and import it",
            )


def _is_wire_model(name: str) -> bool:
    return is_module(name, "qubix.schemas", "pydantic.BaseModel", "pydantic.RootModel", "sqlmodel.SQLModel")


LAW = Law("wire-in-one-place", _applies, _find)
