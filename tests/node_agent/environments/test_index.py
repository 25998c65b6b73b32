"""Finding the machine's own package index, and what may be reached for it."""

import ipaddress
from pathlib import Path

import pytest

from qubix_agent.environments import builder, pip_settings
from qubix_agent.environments.egress import EgressPolicy, endpoint_of
from qubix_agent.environments.index_links import file_hosts, linked_files, local_folders
from qubix_agent.environments.pip_settings import PipSettings, local_path
from qubix_agent.environments.requirements import environment_sha, normalise


@pytest.fixture
def fresh_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No settings of this machine; the file given back is the only one."""
    for name in ("PIP_FIND_LINKS", "PIP_CERT", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    pip_settings.discover.cache_clear()
    return tmp_path / "pip.conf"


@pytest.fixture(autouse=True)
def _forget() -> None:
    pip_settings.discover.cache_clear()


def test_the_owners_settings_are_found(fresh_pip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh_pip.write_text(
        "[global]\nindex-url = https://one.invalid/simple\nextra-index-url =\n  file:///a/simple\n  file:///b/simple\n"
        "[install]\nindex-url = https://two.invalid/simple\n"
    )
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels")
    found = pip_settings.discover()
    assert found.index_url == "https://two.invalid/simple"  # a command's own section wins
    assert set(found.extra_index_urls) >= {"file:///a/simple", "file:///b/simple"}
    assert found.find_links == ("/wheels",)


def test_without_settings_it_is_the_index_that_pip_itself_uses(fresh_pip: Path) -> None:
    fresh_pip.write_text("")
    index = pip_settings.discover().index_url
    assert index is not None
    assert endpoint_of(index) is not None


def test_an_owner_may_forbid_every_index(fresh_pip: Path) -> None:
    fresh_pip.write_text("[global]\nno-index = true\n")
    assert pip_settings.discover().indexes == ()


def test_passwords_are_noticed() -> None:
    assert PipSettings(index_url="https://me:word@one.invalid/simple").has_credentials
    assert not PipSettings(index_url="https://one.invalid/simple").has_credentials


def test_local_addresses_are_told_from_others() -> None:
    assert local_path("file:///a%20b") == Path("/a b")
    assert local_path("/wheels") == Path("/wheels")
    assert local_path("https://one.invalid/simple") is None


def test_files_are_found_on_pages_of_both_kinds() -> None:
    page = '<a href="../../files/a.whl#sha256=0">a</a> <a href="https://files.invalid/b.whl">b</a>'
    found = list(linked_files(page, address="https://one.invalid/simple/a/", content_type="text/html"))
    assert found == ["https://one.invalid/files/a.whl#sha256=0", "https://files.invalid/b.whl"]
    assert file_hosts(found) == {("one.invalid", 443), ("files.invalid", 443)}
    body = '{"files": [{"url": "https://files.invalid:8443/c.whl"}]}'
    kind = "application/vnd.pypi.simple.v1+json"
    assert file_hosts(linked_files(body, address="https://one.invalid/", content_type=kind)) == {
        ("files.invalid", 8443)
    }


def test_a_local_indexs_files_and_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "files").mkdir()
    (tmp_path / "simple" / "a").mkdir(parents=True)
    (tmp_path / "simple" / "a" / "index.html").write_text('<a href="../../files/a%2B1.whl">a</a> <a href="/">up</a>')
    (tmp_path / "simple" / "b.whl").symlink_to(tmp_path / "real" / "b.whl")
    assert local_folders(tmp_path / "simple") == {tmp_path / "simple", tmp_path / "files", tmp_path / "real"}


@pytest.mark.parametrize(
    ("address", "public_index", "private_index"),
    [
        ("93.184.215.14", True, True),
        ("10.0.0.1", False, True),
        ("203.0.113.9", False, True),
        ("127.0.0.1", False, False),
        ("169.254.169.254", False, False),
        ("::1", False, False),
        ("fe80::1", False, False),
        ("0.0.0.0", False, False),  # noqa: S104
    ],
)
def test_a_host_that_only_the_index_names_must_be_public(
    address: str, *, public_index: bool, private_index: bool
) -> None:
    host = ("files.invalid", 443)
    for private, expected in ((False, public_index), (True, private_index)):
        policy = EgressPolicy(named=frozenset(), linked=frozenset({host}), index_is_private=private)
        assert policy.permits_address(host, ipaddress.ip_address(address)) is expected
        assert not policy.permits(("files.invalid", 80))
        assert not policy.permits(("other.invalid", 443))


def test_a_host_that_the_owner_names_may_lie_anywhere() -> None:
    policy = EgressPolicy(named=frozenset({("localhost", 3141)}))
    assert policy.permits(("localhost", 3141))
    assert policy.permits_address(("localhost", 3141), ipaddress.ip_address("127.0.0.1"))


def test_equal_wishes_share_an_environment() -> None:
    one = normalise(["NumPy >= 1.26 , < 3", "", "# note", 'tomli; python_version < "3.11"', "Typing_Extensions[x]"])
    two = normalise(["typing-extensions[X]", "numpy<3,>=1.26", "numpy<3,>=1.26", "tomli ; python_version<'3.11'"])
    assert one == two == ("numpy<3,>=1.26", 'tomli; python_version < "3.11"', "typing-extensions[x]")
    assert environment_sha(one) == environment_sha(two) != environment_sha(normalise(["numpy"]))


def test_the_owners_password_is_in_no_argument_that_others_can_read() -> None:
    settings = PipSettings(
        index_url="https://me:word@one.invalid/simple",
        extra_index_urls=("https://me:word@two.invalid/simple", "https://three.invalid/simple"),
        find_links=("https://me:word@four.invalid/",),
    )
    command = builder._command(builder.Recipe(requirements=("tinyone",), settings=settings), has_egress=True)
    assert "word" not in " ".join(command.argv)
    assert command.environ["PIP_INDEX_URL"] == settings.index_url
    assert command.environ["PIP_EXTRA_INDEX_URL"].split() == [*settings.extra_index_urls]
    assert command.environ["PIP_FIND_LINKS"] == settings.find_links[0]
