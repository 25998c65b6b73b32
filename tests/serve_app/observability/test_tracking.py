"""Error tracking is off unless an operator names where to."""

from collections.abc import Iterator

import pytest
import sentry_sdk

from qubix_serve.observability.tracking import DSN_VARIABLE, report_errors


@pytest.fixture(autouse=True)
def nothing_is_sent() -> Iterator[None]:
    sentry_sdk.init()
    yield
    sentry_sdk.init()


def options() -> dict[str, object]:
    return dict(sentry_sdk.get_client().options)


def test_nothing_leaves_the_machine_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DSN_VARIABLE, raising=False)
    report_errors()
    assert options()["dsn"] is None


def test_an_address_turns_it_on_without_anything_that_may_be_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DSN_VARIABLE, "http://public@127.0.0.1:9/1")
    report_errors()
    assert options()["dsn"] == "http://public@127.0.0.1:9/1"
    assert options()["include_local_variables"] is False
    assert options()["send_default_pii"] is False
