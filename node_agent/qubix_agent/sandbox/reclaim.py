"""Removing what was made under a slot: at a job's end, by the slot's next owner, or by a sweep."""

import contextlib
import logging
import os
import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from qubix_agent.sandbox.cgroup import remove_folders
from qubix_agent.sandbox.errors import SandboxFailed
from qubix_agent.sandbox.slot import SLOT_VARIABLE, Journal, Slot, free_slots, try_slot, used_slots
from qubix_agent.sandbox.workspace import remove_tree

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed: numbers of slots of dead owners, and folders that no slot knew of."""

    slots: tuple[int, ...]
    folders: tuple[Path, ...]


def reclaim(slot: Slot) -> None:
    """Remove what the slot's journal names, and then its entries. The slot must be held.

    Raises:
        SandboxFailed: something cannot be removed; the journal still names it.
    """
    journal = slot.read()
    if journal.is_empty:
        return
    remove_folders(journal.cgroups)
    for workspace in journal.workspaces:
        remove_tree(workspace)
    slot.record(Journal())


def acquire_clean_slot(runtime: Path) -> Slot:
    """Take a slot under which nothing is left of a former owner.

    One that cannot be cleaned (its processes hang in the kernel, say) is passed over, or it would stop every job.

    Raises:
        SandboxUnavailable: there is none.
    """
    for slot in free_slots(runtime):
        try:
            reclaim(slot)
        except SandboxFailed as error:
            _log.warning("slot %d is passed over: %s", slot.number, error)
            slot.release()
        else:
            return slot
    raise AssertionError("free_slots ends by raising")


def sweep(*, runtime: Path, folder: Path) -> Swept:
    """Clean up after owners that died without doing so, of whichever agent of this machine they were.

    What cannot be removed is logged and tried again at the next sweep.

    Args:
        runtime: where the locks lie.
        folder: this agent's folder of workspaces; in it, those that no lock file names are removed too.
    """
    # Before the locks are looked at: a folder made after its lock was read must not be taken for nobody's.
    candidates = list(folder.iterdir()) if folder.is_dir() else []
    orphans = _processes_by_slot()
    slots: list[int] = []
    alive: set[Path] = set()
    for number in used_slots(runtime):
        slot = try_slot(runtime, number)
        if slot is None:
            alive.update(_workspaces_of(runtime, number))
            continue
        try:
            _kill_orphans(slot, orphans.get(slot.name, ()))
            if not slot.read().is_empty:
                _kill_user(slot.uid)
                reclaim(slot)
                slots.append(number)
        except SandboxFailed as error:
            _log.warning("sweep: %s", error)
        finally:
            slot.release()
    return Swept(tuple(sorted(slots)), tuple(_remove_folders(candidates, alive)))


def _workspaces_of(runtime: Path, number: int) -> tuple[Path, ...]:
    return Journal.from_json((runtime / f"slot-{number}").read_bytes()).workspaces


def _remove_folders(candidates: Iterable[Path], alive: set[Path]) -> Iterator[Path]:
    for path in candidates:
        if path not in alive and path.is_dir() and not path.is_symlink():
            try:
                remove_tree(path)
                yield path
            except SandboxFailed as error:
                _log.warning("sweep: %s", error)


def _processes_by_slot() -> dict[str, list[int]]:
    """The bubblewraps of this user by the slot that they were started in."""
    found: dict[str, list[int]] = {}
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and (name := _slot_of(int(process.name))) is not None:
            found.setdefault(name, []).append(int(process.name))
    return found


def _slot_of(pid: int) -> str | None:
    mark = f"{SLOT_VARIABLE}=".encode()
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):  # it ended, or is another user's
        return None
    return next((each.removeprefix(mark).decode() for each in variables if each.startswith(mark)), None)


def _kill_orphans(slot: Slot, pids: Iterable[int]) -> None:
    """Kill what bubblewrap left behind where its owner died between its fork and its child's first look."""
    for pid in pids:
        if _slot_of(pid) == slot.name:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself
                os.kill(pid, signal.SIGKILL)


def _kill_user(uid: int) -> None:
    """Kill what a dead owner's job left running, where jobs have users of their own."""
    if os.geteuid() != 0:
        return
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended by itself
                if process.stat().st_uid == uid:
                    os.kill(int(process.name), signal.SIGKILL)
