"""A garage on the test's database."""

import pytest

from qubix_platform.database.session import Database
from qubix_platform.metrics.writer import MetricsWriter
from tests.platform.providers.garage import Garage


@pytest.fixture
def garage(database: Database) -> Garage:
    return Garage(database, MetricsWriter(database))
