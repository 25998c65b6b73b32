from pathlib import Path

import pytest

from qubix.errors import InvalidRequest
from qubix_agent.agent.identity import Identity, end_session, load_identity, new_worker_id, save_identity


def test_a_machine_is_the_same_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "identity.json"
    first = load_identity(file)
    assert load_identity(file) == first
    joined = Identity(worker_id=first.worker_id, url="http://a", worker_token="secret", session=first.session)
    save_identity(joined, file)
    assert load_identity(file) == joined
    assert file.stat().st_mode & 0o777 == 0o600
    assert "secret" not in repr(joined)


def test_a_token_is_only_shown_to_the_platform_that_issued_it() -> None:
    identity = Identity(worker_id="w", url="http://a", worker_token="secret")
    assert identity.token_for("http://a") == "secret"
    assert identity.token_for("http://b") is None


def test_a_session_ends_with_an_orderly_leave(tmp_path: Path) -> None:
    file = tmp_path / "identity.json"
    first = load_identity(file)
    ended = end_session(first, file)
    assert ended.worker_id == first.worker_id
    assert ended.session != first.session
    assert load_identity(file) == ended


def test_a_damaged_identity_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "identity.json"
    file.write_text("{}")
    with pytest.raises(InvalidRequest, match="damaged"):
        load_identity(file)


@pytest.mark.parametrize(
    ("host", "start"), [("gpu-box.example.org", "gpu-box-"), ("Ärger_im 7!", "rger-im-7-"), ("...", "worker-")]
)
def test_a_worker_id_is_a_slug_that_says_which_host_it_is(host: str, start: str) -> None:
    worker_id = new_worker_id(host)
    assert worker_id.startswith(start)
    assert len(new_worker_id("x" * 200)) <= 63
    assert worker_id != new_worker_id(host)
