import pytest

from tests.tools.laws.judging import offending_lines
from tools.laws.domain_without_frameworks import LAW

OFFENDERS = [
    "import ray",
    "from ray.util import state",
    "from fastapi import Depends",
    "import starlette.requests",
    "def late():\n    import ray",
    "import importlib\nimportlib.import_module('ray.serve')",
]


@pytest.mark.parametrize("text", OFFENDERS)
def test_catches_a_framework_in_the_domain(text: str) -> None:
    assert offending_lines(LAW, "platform/qubix_platform/placement/engine.py", text) == [text.count("\n") + 1]


@pytest.mark.parametrize("text", OFFENDERS)
def test_allows_it_in_the_adapters(text: str) -> None:
    assert offending_lines(LAW, "actors/qubix_actors/scheduler.py", text) == []


@pytest.mark.parametrize("text", OFFENDERS)
def test_allows_it_in_the_devnet_alone(text: str) -> None:
    assert offending_lines(LAW, "platform/qubix_platform/qubic/devnet/app.py", text) == []
    assert offending_lines(LAW, "platform/qubix_platform/qubic/transaction.py", text) != []


def test_passes_names_that_only_look_alike() -> None:
    text = "import arrays\nfrom rays import ray\nfrom qubix.schemas import jobs"
    assert offending_lines(LAW, "platform/qubix_platform/placement/engine.py", text) == []
