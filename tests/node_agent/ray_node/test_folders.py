"""Ray's files: short paths, closed to others."""

import stat
import tempfile
from pathlib import Path

import pytest

from qubix_agent.ray_node.errors import UnusableFolder
from qubix_agent.ray_node.folders import LONGEST_FOLDER, base_folder, keep_logs, make_empty, short_folder


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of this test's own."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="q"))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_folder_is_short_private_and_the_same_each_time(temporary: Path) -> None:
    owner = Path("/var/lib/qubix") / ("long" * 20)
    folder = short_folder(owner)

    assert folder == short_folder(owner)
    assert folder != short_folder(owner / "other")
    assert len(str(folder)) <= LONGEST_FOLDER
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700


def test_folder_that_others_can_enter_is_refused(temporary: Path) -> None:
    base_folder().chmod(0o755)

    with pytest.raises(UnusableFolder, match="open to others"):
        short_folder(Path("/x"))


def test_link_in_its_place_is_refused(temporary: Path) -> None:
    base = base_folder()
    base.rmdir()
    (temporary / "elsewhere").mkdir(mode=0o700)
    base.symlink_to(temporary / "elsewhere")

    with pytest.raises(UnusableFolder, match="is a link"):
        short_folder(Path("/x"))


def test_path_too_long_for_a_socket_is_refused(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = temporary / ("d" * 40)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))

    with pytest.raises(UnusableFolder, match="Set TMPDIR to a shorter folder"):
        short_folder(Path("/x"))


def test_emptying_keeps_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    make_empty(folder)
    (folder / "left").write_text("over")
    make_empty(folder)

    assert list(folder.iterdir()) == []
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_logs_of_the_last_session_replace_those_of_the_one_before(tmp_path: Path) -> None:
    for session in ("first", "second"):
        (tmp_path / session / "logs").mkdir(parents=True)
        (tmp_path / session / "logs" / session).touch()
        keep_logs(tmp_path / session, into=tmp_path / "kept" / "ray")
    keep_logs(tmp_path / "third", into=tmp_path / "kept" / "ray")

    assert [file.name for file in (tmp_path / "kept" / "ray").iterdir()] == ["second"]
