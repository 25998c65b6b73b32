"""The platform's keys: derived from one seed, kept in one file, shown nowhere."""

import stat
import sys
import traceback
from pathlib import Path

import pytest

from qubix_platform.chain.errors import KeyFileUnusable
from qubix_platform.chain.keys import KeyRing, create_key_file
from qubix_platform.chain.model import AddressPurpose

SEED = "q" * 55


def test_every_purpose_and_number_has_a_key_of_its_own() -> None:
    ring = KeyRing.from_seed(SEED)
    identities = {ring.keys(purpose, index).identity for purpose in AddressPurpose for index in range(5)}
    assert len(identities) == 5 * len(AddressPurpose)
    again = KeyRing.from_seed(SEED).keys(AddressPurpose.DEPOSIT, 3)
    assert again.identity == ring.keys(AddressPurpose.DEPOSIT, 3).identity


def test_a_fresh_file_is_its_owners_alone_and_made_once(tmp_path: Path) -> None:
    path = tmp_path / "chain.key"
    create_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_text()
    create_key_file(path)
    assert path.read_text() == first
    assert KeyRing.from_file(path) == KeyRing.from_seed(first)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chain.key"
    path.write_text(SEED)
    path.chmod(0o640)
    with pytest.raises(KeyFileUnusable, match="0640"):
        KeyRing.from_file(path)


@pytest.mark.parametrize("content", ["", "q" * 54, "Q" * 55])
def test_a_file_without_a_seed_is_refused_without_showing_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "chain.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileUnusable) as refused:
        KeyRing.from_file(path)
    assert not content or content not in str(refused.value)


def printing(tmp_path: Path, text: str, *, status: int = 0) -> str:
    program = tmp_path / "a store.py"
    program.write_text(f"import sys\nprint({text!r})\nprint({text!r}, file=sys.stderr)\nsys.exit({status})")
    return f'{sys.executable} "{program}"'


def test_a_secret_store_is_asked_by_a_command(tmp_path: Path) -> None:
    assert KeyRing.from_command(printing(tmp_path, SEED)) == KeyRing.from_seed(SEED)


@pytest.mark.parametrize(("text", "status"), [(SEED, 1), ("q" * 54, 0), ("", 0)])
def test_a_store_that_gives_no_seed_is_refused_without_showing_what_it_said(
    tmp_path: Path, text: str, status: int
) -> None:
    with pytest.raises(KeyFileUnusable) as refused:
        KeyRing.from_command(printing(tmp_path, text, status=status))
    told = "".join(traceback.format_exception(refused.value))
    assert not text or text not in told.replace(f"print({text!r}", "")


@pytest.mark.parametrize("command", ["", "/nowhere/at-all", "'unbalanced"])
def test_a_command_that_does_not_run_is_refused(command: str) -> None:
    with pytest.raises(KeyFileUnusable, match="QUBIX_CHAIN_KEY_COMMAND"):
        KeyRing.from_command(command)


def test_a_ring_does_not_show_its_key() -> None:
    ring = KeyRing.from_seed(SEED)
    assert ring.master.hex() not in repr(ring)
    assert repr(ring.master) not in repr(ring)
