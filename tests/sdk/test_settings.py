"""Which platform, and which key."""

from pathlib import Path

import pytest

from qubix.errors import InvalidRequest
from qubix.settings import Configuration, Connection, connection, load, normalise, save


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path)}


def test_arguments_win_over_environment_over_file(environment: dict[str, str]) -> None:
    assert connection(environment=environment).url == "http://127.0.0.1:8000"
    save(Configuration(url="http://file.test", api_keys={"http://file.test": "qbx_key_file"}), environment)
    assert connection(environment=environment) == Connection(url="http://file.test", api_key="qbx_key_file")
    environment |= {"QUBIX_URL": "http://environment.test", "QUBIX_API_KEY": "qbx_key_environment"}
    found = connection(environment=environment)
    assert (found.url, found.api_key) == ("http://environment.test", "qbx_key_environment")
    found = connection(url="http://argument.test", api_key="qbx_key_argument", environment=environment)
    assert (found.url, found.api_key) == ("http://argument.test", "qbx_key_argument")


def test_a_key_is_not_shown_to_another_platform(environment: dict[str, str]) -> None:
    save(Configuration().with_key(url="http://one.test", api_key="qbx_key_one"), environment)
    assert connection(url="http://one.test/", environment=environment).api_key == "qbx_key_one"
    assert connection(url="http://two.test", environment=environment).api_key is None


def test_a_session_stands_before_the_key_until_it_is_forgotten(environment: dict[str, str]) -> None:
    url = "http://one.test"
    configured = Configuration(url=url).with_key(url=url, api_key="qbx_key_one")
    save(configured.with_session(url=url, token="qbx_ses_one"), environment)
    assert connection(environment=environment).api_key == "qbx_ses_one"
    assert connection(url="http://two.test", environment=environment).api_key is None
    assert connection(environment=environment | {"QUBIX_API_KEY": "qbx_key_shown"}).api_key == "qbx_key_shown"
    save(load(environment).with_session(url=url, token=None), environment)
    assert connection(environment=environment).api_key == "qbx_key_one"
    assert "qbx_ses_one" not in repr(configured.with_session(url=url, token="qbx_ses_one"))


def test_a_key_is_not_in_what_is_printed() -> None:
    assert "secret" not in repr(Connection(url="http://x.test", api_key="secret"))
    assert "secret" not in repr(Configuration(api_keys={"http://x.test": "secret"}))


def test_a_file_that_others_may_read_is_refused(environment: dict[str, str]) -> None:
    path = save(Configuration(), environment)
    path.chmod(0o644)
    with pytest.raises(InvalidRequest, match="chmod 600"):
        load(environment)


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"apiKeys": 1}', '{"url": 1}', '{"apiKeys": {"a": 1}}', '{"sessions": [1]}']
)
def test_a_damaged_file_is_refused(environment: dict[str, str], content: str) -> None:
    path = save(Configuration(), environment)
    path.write_text(content)
    with pytest.raises(InvalidRequest, match="configuration file"):
        load(environment)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("http://Host:8000/", "http://host:8000"),
        (" https://host/prefix/ ", "https://host/prefix"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_address_has_one_form(given: str, expected: str) -> None:
    assert normalise(given) == expected


@pytest.mark.parametrize(
    "url", ["", "host:8000", "ftp://host", "http://", "http://user:pw@host", "http://h?x=1", "http://h:0", "http://h:x"]
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        normalise(url)
    assert "pw" not in str(caught.value)


def test_this_machine_needs_no_proxy() -> None:
    assert Connection(url="http://127.0.0.1:8000").is_local
    assert not Connection(url="https://qubix.test").is_local
