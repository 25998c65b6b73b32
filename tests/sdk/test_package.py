"""The package's front door."""

import subprocess
import sys

import pytest

import qubix


def test_importing_it_imports_nothing_heavy() -> None:
    program = "import sys, qubix; print(sorted({'pydantic', 'httpx', 'typer', 'rich', 'asyncio'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert ran.stdout.strip() == "[]"


def test_everything_that_it_names_is_there() -> None:
    for name in qubix.__all__:
        assert getattr(qubix, name) is not None, name
    assert dir(qubix) == sorted(qubix.__all__)


def test_what_it_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="colour"):
        qubix.colour  # noqa: B018  # type: ignore[attr-defined]
