"""Reservations by the command line, against the real API and a real database."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from qubix_platform.database.engine import create_engine
from qubix_platform.database.session import Database
from qubix_serve.settings import ServeSettings
from tests.conftest import run_blocking
from tests.platform.market_life import Machine, Market
from tests.serve_app.conftest import Run


@pytest.fixture
def machine(serve_settings: ServeSettings) -> Machine:
    """A machine of somebody's, at 10,000 QU per hour."""

    async def make() -> Machine:
        database = Database(create_engine(serve_settings.database.app_url))
        try:
            return await Market(database).machine(price=10_000)
        finally:
            await database.close()

    return run_blocking(make())


def test_a_machine_is_reserved_listed_and_given_back(qubix: Run, machine: Machine) -> None:
    assert "You have reserved nothing" in qubix("reservations")[1]
    starts = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    made = json.loads(qubix("reserve", machine.worker_id, "--for", "1d", "--from", starts.isoformat(), "--json")[1])
    assert (made["workerId"], made["status"]) == (machine.worker_id, "ACTIVE")
    assert datetime.fromisoformat(made["startsAt"]) == starts
    assert 0 < made["prepaid"] < 240_000  # a day costs less than its hours

    code, _, stderr = qubix("reserve", machine.worker_id, "--for", "2h", "--from", starts.isoformat())
    assert (code, "Traceback" in stderr) == (1, False)
    assert machine.worker_id in qubix("reservations")[1]
    assert [each["id"] for each in json.loads(qubix("reservations", "--json")[1])] == [made["id"]]
    returned = json.loads(qubix("reservations", "cancel", made["id"], "--json")[1])
    assert (returned["paid"], returned["refunded"]) == (0, made["prepaid"])
    assert "0 QU paid" in qubix("reservations", "cancel", made["id"])[1]  # again changes nothing


def test_a_reservation_is_shown_with_its_price(qubix: Run, machine: Machine) -> None:
    code, stdout, _ = qubix("reserve", machine.worker_id, "--for", "3h")
    assert code == 0
    assert "10,000 QU per hour" in stdout
    assert "(3h)" in stdout


def test_what_cannot_be_reserved_says_why(qubix: Run, machine: Machine) -> None:
    for arguments, said in (
        ((machine.worker_id, "--for", "10m"), "greater than or equal to 3600"),
        ((machine.worker_id, "--from", "tomorrow"), "no date and time with a time zone"),
        ((machine.worker_id, "--from", "2026-12-01T08:00"), "no date and time with a time zone"),
        ((machine.worker_id, "--for", "300d"), "balance"),
        (("nobody",), "nobody"),
    ):
        code, stdout, stderr = qubix("reserve", *arguments)
        assert (code, stdout, said in stderr) == (1, "", True), stderr
    assert qubix("reservations", "cancel", "00000000-0000-0000-0000-000000000000")[0] == 1
