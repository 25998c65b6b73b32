"""What the scheduler reads from the core node's environment."""

import pytest

from qubix_actors.errors import SettingMissing
from qubix_actors.settings import SchedulerSettings
from qubix_platform.database.errors import DatabaseMisconfigured

_COMPLETE = {"DATABASE_URL": "postgresql://qubix_app:word@db/qubix", "QUBIX_SECRET": "s3cret", "QUBIX_FEE_BPS": "250"}


def test_settings_come_from_the_environment() -> None:
    settings = SchedulerSettings.from_environment(_COMPLETE)
    assert settings.secret == b"s3cret"
    assert settings.market.fee_basis_points == 250
    assert settings.database.app_url.host == "db"
    assert "s3cret" not in repr(settings)
    assert "word" not in repr(settings)


@pytest.mark.parametrize(("name", "value"), [("QUBIX_SECRET", ""), ("QUBIX_FEE_BPS", "-1"), ("QUBIX_FEE_BPS", "10001")])
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingMissing, match=name):
        SchedulerSettings.from_environment(_COMPLETE | {name: value})


def test_without_a_database_there_is_no_scheduler() -> None:
    with pytest.raises(DatabaseMisconfigured, match="DATABASE_URL"):
        SchedulerSettings.from_environment({"QUBIX_SECRET": "s3cret"})
