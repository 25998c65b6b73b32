"""Slots: one owner each, cleaned before the next one, whatever became of the last."""

import itertools
import os
from pathlib import Path

import pytest

from qubix_agent.sandbox.errors import SandboxFailed, SandboxUnavailable
from qubix_agent.sandbox.hierarchy import find_hierarchy
from qubix_agent.sandbox.reclaim import acquire_clean_slot
from qubix_agent.sandbox.slot import (
    Journal,
    default_runtime_folder,
    free_slots,
    open_runtime_folder,
)
from qubix_agent.sandbox.standby import park

STUBBORN = (
    "import os, signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "if os.fork() == 0: os.setsid()\n"
    "print('up', flush=True)\n"
    "time.sleep(600)"
)


def test_every_agent_of_a_user_has_the_same_slots(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    by_hand = default_runtime_folder()
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert default_runtime_folder() == by_hand


@pytest.mark.parametrize("call", ["pwrite", "ftruncate"])
def test_a_journal_is_whole_whenever_its_owner_dies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    before = Journal(workspaces=(tmp_path / "a-rather-long-name",), cgroups=(tmp_path / "c",))
    after = Journal(cgroups=(tmp_path / "d",))
    slot = next(free_slots(open_runtime_folder(tmp_path / "runtime")))
    slot.record(before)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(os, call, die)
        with pytest.raises(KeyboardInterrupt):
            slot.record(after)
    assert slot.read() in (before, after)
    slot.record(after)
    assert slot.read() == after
    slot.record(Journal())
    assert slot.read().is_empty


def test_a_cgroup_that_no_journal_names_does_not_stop_every_later_job(tmp_path: Path) -> None:
    hierarchy = find_hierarchy()
    if hierarchy is None:
        pytest.skip("no cgroups may be made on this machine")
    runtime = open_runtime_folder(tmp_path / "runtime")
    dead = next(free_slots(runtime))
    hierarchy.cgroup(dead.name).make()
    dead.release()
    standby = park(runtime=runtime, hierarchy=hierarchy)
    try:
        assert standby.slot.number == dead.number
        assert standby.is_alive
    finally:
        standby.discard()


def test_all_slots_taken_explains_itself(tmp_path: Path) -> None:
    runtime = open_runtime_folder(tmp_path / "runtime")
    slots = list(itertools.islice(free_slots(runtime, among=range(2)), 2))
    assert [slot.number for slot in slots] == [0, 1]
    with pytest.raises(SandboxUnavailable, match="none of the 2 slots"):
        next(free_slots(runtime, among=range(2)))
    slots[1].release()
    assert next(free_slots(runtime, among=range(2))).number == 1


def test_a_slot_that_cannot_be_cleaned_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = open_runtime_folder(tmp_path / "runtime")
    dead = next(free_slots(runtime))
    dead.record(Journal(workspaces=(tmp_path / "stuck",)))
    dead.release()

    def refuse(path: Path) -> None:
        raise SandboxFailed(asked="Removing", obstacle="it hangs", remedy="none")

    monkeypatch.setattr("qubix_agent.sandbox.reclaim.remove_tree", refuse)
    assert acquire_clean_slot(runtime).number == 1
    monkeypatch.undo()
    clean = acquire_clean_slot(runtime)
    assert clean.number == 0
    assert clean.read().is_empty


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of somebody else")
def test_a_folder_of_locks_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runtime").mkdir()
    os.chown(tmp_path / "runtime", 1, 1)
    with pytest.raises(SandboxUnavailable, match="another user"):
        open_runtime_folder(tmp_path / "runtime")
