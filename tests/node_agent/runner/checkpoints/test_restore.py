"""Checkpoints put back in place."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import ValidationError

from qubix.errors import ConnectionFailed, InternalError, InvalidRequest, LeaseLost, NotFound, QubixError
from qubix.schemas.checkpoints import CheckpointFile, RestorableCheckpoint
from qubix_agent.runner.checkpoints.restore import Restoring

AT = datetime(2026, 11, 22, 6, 12, 3, tzinfo=UTC)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def checkpoint(files: dict[str, list[bytes]], *, attempt: int = 1, **sizes: int) -> RestorableCheckpoint:
    return RestorableCheckpoint(
        id=uuid4(),
        attempt=attempt,
        taken_at=AT,
        files=[
            # Unchecked, as from a platform that is not ours.
            CheckpointFile.model_construct(
                path=path, size=sizes.get(path, sum(map(len, parts))), parts=[sha(part) for part in parts]
            )
            for path, parts in files.items()
        ],
    )


@dataclass
class Store:
    """A platform's blobs, some of which cannot be had."""

    root: Path
    contents: dict[str, bytes | type[QubixError]] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    asked: int = 0

    def hold(self, *contents: bytes) -> None:
        self.contents |= {sha(content): content for content in contents}

    def fetch(self, sha256: str, place: Path) -> None:
        self.fetched.append(sha256)
        content = self.contents.get(sha256, NotFound)
        if not isinstance(content, bytes):
            raise content(asked="Fetching", obstacle="it is so", remedy="None.")
        place.write_bytes(content)

    def await_platform(self) -> None:
        self.asked += 1

    def restoring(self, *, max_bytes: int = 1 << 20) -> Restoring:
        return Restoring(
            folder=self.root / "folder",
            staging=self.root / "staging",
            max_bytes=max_bytes,
            fetch=self.fetch,
            await_platform=self.await_platform,
            say=self.said.append,
        )

    def overlay(self, snapshot: RestorableCheckpoint) -> None:
        self.restoring().overlay(snapshot, job=self.root / "job", has_checkpoint=False)

    def files(self) -> dict[str, bytes]:
        folder = self.root / "folder"
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    for name in ("folder", "job", "staging"):
        (tmp_path / name).mkdir()
    return Store(tmp_path)


def test_files_are_put_together_of_their_parts(store: Store) -> None:
    store.hold(b"one", b"two")
    saved = checkpoint({"epoch/a": [b"one", b"two", b"one"], "b": [b"two"], "empty": []})
    assert store.restoring().newest([saved]) is saved
    assert store.files() == {"epoch/a": b"onetwoone", "b": b"two", "empty": b""}
    assert len(store.fetched) == 2
    assert list((store.root / "staging").iterdir()) == []
    assert store.said == ["Going on from the checkpoint of attempt 1 from 2026-11-22 06:12:03 UTC."]


@pytest.mark.parametrize(
    ("failure", "why"),
    [(NotFound, "gone"), (InternalError, "damaged"), (ConnectionFailed, "breaks off")],
)
def test_one_that_cannot_be_had_gives_way_to_the_one_before(store: Store, failure: type[QubixError], why: str) -> None:
    store.hold(b"old", b"new")
    store.contents[sha(b"bad")] = failure
    newest, before = checkpoint({"a": [b"new"], "z": [b"bad"]}, attempt=2), checkpoint({"a": [b"old"]})
    assert store.restoring().newest([newest, before]) is before
    assert store.files() == {"a": b"old"}
    assert store.said[0].startswith("The checkpoint of attempt 2 from 2026-11-22")
    assert why in store.said[0]
    assert store.asked == (failure is ConnectionFailed)


def test_where_none_can_be_had_the_job_is_told_that_it_begins_anew(store: Store) -> None:
    assert store.restoring().newest([checkpoint({"a": [b"gone"]})]) is None
    assert store.files() == {}
    assert store.said[-1] == "No checkpoint can be used: the job begins from its start."
    assert store.restoring().newest([]) is None
    assert len(store.said) == 2


def test_a_manifest_that_lies_is_not_believed(store: Store) -> None:
    store.hold(b"one", b"two")
    liars = [
        checkpoint({"a": [b"one"]}, a=2),
        checkpoint({"a": [b"one"], "a/b": [b"two"]}),
        checkpoint({"a/b": [b"one"], "a": [b"two"]}),
        checkpoint({"a": [b"one"], "./a": [b"two"]}),
        checkpoint({".": [b"one"]}),
        checkpoint({"a": [b"one"]}, a=1 << 40),
    ]
    assert store.restoring().newest(liars) is None
    assert store.files() == {}
    assert len(store.said) == len(liars) + 1


def test_an_attempt_that_is_not_ours_any_more_restores_nothing(store: Store) -> None:
    store.contents[sha(b"one")] = LeaseLost
    with pytest.raises(LeaseLost):
        store.restoring().newest([checkpoint({"a": [b"one"]})])


@pytest.mark.parametrize("path", ["/out", "a//out", "a/", "", ".", "./a", "a/./b", "..", "../out", "a/../out"])
def test_a_path_that_may_lead_out_is_refused_wherever_it_comes_from(store: Store, path: str) -> None:
    store.hold(b"x")
    (store.root / "out").write_bytes(b"kept")
    for prefix in ("", "job/", "checkpoint/"):
        with pytest.raises(ValidationError):
            CheckpointFile(path=prefix + path, size=0)
    assert store.restoring().newest([checkpoint({path: [b"x"]})]) is None
    for name in ("job/", "checkpoint/"):
        with pytest.raises(InvalidRequest, match="cannot be placed"):
            store.overlay(checkpoint({name + path: [b"x"]}))
    assert (store.root / "out").read_bytes() == b"kept"


def test_a_snapshot_reaches_no_file_of_the_machine_by_an_absolute_path(store: Store) -> None:
    store.hold(b"x")
    target = store.root / "authorized_keys"
    target.write_bytes(b"kept")
    with pytest.raises(InvalidRequest):
        store.overlay(checkpoint({f"job/{target}": [b"x"]}))
    assert target.read_bytes() == b"kept"


@pytest.mark.parametrize("leads_to", ["..", ".", "inside", "../outside"])
def test_no_link_is_followed(store: Store, leads_to: str) -> None:
    store.hold(b"x")
    for folder in (store.root / "job", store.root / "folder"):
        (folder / "inside").mkdir()
        (folder / "m").symlink_to(leads_to)
    for name in ("outside", "y"):
        (store.root / name).mkdir()
    before = {path for path in store.root.rglob("*") if path.name != sha(b"x")}
    for name in ("m/a", "m/y/a"):
        for prefix in ("job/", "checkpoint/"):
            with pytest.raises(InvalidRequest, match="cannot be placed"):
                store.overlay(checkpoint({prefix + name: [b"x"]}))
    assert {path for path in store.root.rglob("*") if path.name != sha(b"x")} == before
    assert store.restoring().newest([checkpoint({"m/a": [b"x"]})]) is None
    assert list((store.root / "outside").iterdir()) == []


def test_a_snapshots_files_take_the_place_of_the_bundles_files_and_links(store: Store) -> None:
    store.hold(b"new")
    (store.root / "precious").write_bytes(b"kept")
    (store.root / "job" / "link").symlink_to("../precious")
    (store.root / "job" / "main.py").write_bytes(b"old")
    store.overlay(checkpoint({"job/link": [b"new"], "job/main.py": [b"new"], "checkpoint/a/b": [b"new"]}))
    assert (store.root / "precious").read_bytes() == b"kept"
    assert not (store.root / "job" / "link").is_symlink()
    assert {path.name: path.read_bytes() for path in (store.root / "job").iterdir()} == {
        "link": b"new",
        "main.py": b"new",
    }
    assert store.files() == {"a/b": b"new"}


def test_a_snapshot_that_does_not_fit_is_what_the_user_asked_for(store: Store) -> None:
    store.hold(b"x" * 11)
    (store.root / "job" / "a").mkdir()
    for path, max_bytes in (("job/b", 10), ("job/a", 20)):
        with pytest.raises(InvalidRequest):
            store.restoring(max_bytes=max_bytes).overlay(
                checkpoint({path: [b"x" * 11]}), job=store.root / "job", has_checkpoint=False
            )


def test_what_the_bundle_made_executable_stays_so(store: Store) -> None:
    store.hold(b"new")
    tool, script = (store.root / "job" / name for name in ("tool", "script"))
    for file, mode in ((tool, 0o755), (script, 0o640)):
        file.write_bytes(b"old")
        file.chmod(mode)
    store.overlay(checkpoint({"job/tool": [b"new"], "job/script": [b"new"]}))
    assert [(file.read_bytes(), file.stat().st_mode & 0o777) for file in (tool, script)] == [
        (b"new", 0o755),
        (b"new", 0o640),
    ]
