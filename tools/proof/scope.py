"""Which tests are proofs, and how often each is run."""

from dataclasses import dataclass

import pytest

_ROUND = "proof_round"


@dataclass(frozen=True)
class Scope:
    """A pytest plugin: keeps the long tests, the chaos tests and the properties, and repeats the last two.

    `make test` strikes each part once; a race that loses one time in ten shows only when the strike is repeated, and
    Hypothesis draws other examples each time.
    """

    rounds: int

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Called by pytest for each test function: a strike or a property becomes one test per round."""
        if _is_repeated(metafunc.definition):
            metafunc.fixturenames.append(_ROUND)
            metafunc.parametrize(_ROUND, range(1, self.rounds + 1))

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Called by pytest once it has found every test."""
        kept = [item for item in items if _is_proof(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def _is_proof(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("proof")) or _is_repeated(item)


def _is_repeated(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("chaos")) or "properties" in item.path.parts
