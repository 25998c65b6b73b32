"""Properties are timed example by example: what is loaded once is loaded before."""

import pytest

from qubix_platform.placement.packing.warm_up import warm_up


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    """Packing, compiled."""
    warm_up()
