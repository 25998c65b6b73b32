"""Files for their owner alone, whole or not at all."""

from pathlib import Path

import pytest

from qubix.private_file import write_private


@pytest.mark.parametrize("lasting", [True, False])
def test_it_is_for_its_owner_alone_whatever_was_there(tmp_path: Path, lasting: bool) -> None:
    file = tmp_path / "secret"
    file.write_text("old, and longer than the new one")
    file.chmod(0o644)
    (tmp_path / "other").symlink_to(file)
    write_private(file, "new", lasting=lasting)

    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "secret"]


def test_a_folder_that_is_not_there_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_private(tmp_path / "none" / "secret", "new")
