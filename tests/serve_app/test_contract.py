"""Schemathesis against the running API: no request of any shape makes it fail, and no response breaks its schema."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import make_url

from qubix_platform.chain.addresses.service import fill_pool
from qubix_platform.chain.keys import KeyRing
from qubix_platform.chain.watching import repository as watching
from qubix_platform.database.engine import create_engine
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.users import service as users
from qubix_serve.app import create_app
from qubix_serve.settings import ServeSettings
from tests.conftest import FreshDatabase, run_blocking
from tests.platform.market_life import POLICY, SECRET, Market
from tests.serve_app.servers import serving_in_a_thread

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)

EXAMPLES = 20


class Served:
    """The API on a port of its own, with something in it to find."""

    def __init__(self, database: DatabaseSettings, blobs: Path) -> None:
        self.settings = ServeSettings(
            database=database,
            secret=SECRET,
            blob_url=f"file://{blobs}",
            mode="development",
            policy=POLICY,
            public_url="http://127.0.0.1:8000",
            ray=None,
        )
        self.url = ""
        self.api_key = run_blocking(self._fill())

    async def _fill(self) -> str:
        database = Database(create_engine(self.settings.database.app_url))
        try:
            market = Market(database)
            await market.machine(gpus=2)
            async with database.transaction() as session:
                operator = await users.ensure(session, "operator", is_operator=True)
                key = await users.create_api_key(session, user_id=operator.id, name="contract")
                await users.credit_play_money(session, user_id=operator.id, amount=10**12, key="first")
                await fill_pool(session, KeyRing.from_seed("k" * 55), treasury=None, size=3)
                await watching.begin(session, 1_000)
            return key.key
        finally:
            await database.close()


@pytest.fixture(scope="module")
def served(fresh_database: FreshDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with fresh_database() as database:
        running = Served(database, tmp_path_factory.mktemp("blobs"))
        with serving_in_a_thread(running.settings) as address:
            running.url = f"http://{address}"
            yield running


SCHEMA = schemathesis.openapi.from_dict(
    create_app(
        ServeSettings(
            database=DatabaseSettings(app_url=make_url("postgresql+asyncpg://nobody@/nothing"), owner_url=None),
            secret=SECRET,
            blob_url="memory://blobs",
            mode="development",
            policy=POLICY,
            public_url="http://127.0.0.1:8000",
            ray=None,
        )
    ).openapi()
)
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations() if isinstance(result, Ok)]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: str(operation.label))
@pytest.mark.timeout(120)
def test_no_request_breaks_the_api_or_its_schema(operation: APIOperation[Any, Any, Any, Any], served: Served) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def call(case: schemathesis.Case[Any]) -> None:
        headers = {"Authorization": f"Bearer {served.api_key}"}
        response = case.call(base_url=served.url, headers=headers)
        case.validate_response(response, checks=list(CHECKS))

    call()
