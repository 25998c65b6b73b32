"""Places for concurrent jobs on one machine, shared by all agents on it.

A slot is a number whose lock file is held, by flock, for as long as its owner lives: the kernel lets go of it when the
owner dies, however it dies. The number gives the job a user id of its own and its cgroup a name of its own. What was
made under a slot is noted in the lock file, so that whoever finds the slot free can clean up after a dead owner.
"""

import contextlib
import errno
import fcntl
import json
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from qubix_agent.sandbox.errors import SandboxUnavailable

SLOTS: Final = 4096
# Between the ids of systemd-nspawn and the end of what 32-bit signed arithmetic can hold, where nothing allocates.
FIRST_JOB_UID: Final = 1_900_000_000
# In the environment of a slot's bubblewrap, never of its job: tells whose it is when its parent is gone.
SLOT_VARIABLE: Final = "QUBIX_SLOT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """What was made under a slot, and must be gone before the next job may have it."""

    workspaces: tuple[Path, ...] = ()
    cgroups: tuple[Path, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing to clean up."""
        return not self.workspaces and not self.cgroups

    def to_json(self) -> bytes:
        """As it is kept in the lock file."""
        kept = {"workspaces": self.workspaces, "cgroups": self.cgroups}
        return json.dumps({name: [str(folder) for folder in folders] for name, folders in kept.items()}).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Journal":
        """As it was kept. What follows it is left of a longer one, whose owner died while it wrote this one."""
        try:
            kept, _ = json.JSONDecoder().raw_decode(text.decode())
        except ValueError:  # the first one was never written whole, so nothing was made yet
            return cls()
        return cls(
            workspaces=tuple(Path(folder) for folder in kept.get("workspaces", ())),
            cgroups=tuple(Path(folder) for folder in kept.get("cgroups", ())),
        )


@dataclass(slots=True)
class Slot:
    """A slot that this process holds until `release` or its own death."""

    number: int
    _descriptor: int
    name: str = field(init=False)
    """The name of the slot's cgroup, and the mark of its processes. Unique on the machine even where agents cannot see
    each other's lock files, and so have slots of the same number."""
    _released: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        lock = os.fstat(self._descriptor)
        self.name = f"qubix-slot-{self.number}-{lock.st_dev:x}-{lock.st_ino:x}"

    @property
    def uid(self) -> int:
        """The user and group id of a job in this slot, where the agent may choose one."""
        return FIRST_JOB_UID + self.number

    def read(self) -> Journal:
        """What the lock file says was made under this slot."""
        return Journal.from_json(os.pread(self._descriptor, 1 << 16, 0))

    def record(self, journal: Journal) -> None:
        """Note what is about to be made, before making it.

        Raises:
            OSError: the disk refuses.
        """
        text = b"" if journal.is_empty else journal.to_json()
        # In this order, so that whoever reads meanwhile, or after our death, finds the former one or this one.
        if os.pwrite(self._descriptor, text, 0) < len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.name)
        os.ftruncate(self._descriptor, len(text))

    def release(self) -> None:
        """Let others have the slot. Idempotent."""
        if not self._released:
            self._released = True
            os.close(self._descriptor)


def default_runtime_folder() -> Path:
    """Where the locks of this machine's slots lie.

    Every agent with the same rights comes to the same folder, whatever its session's variables say: one that was
    started by hand must not have slots of its own beside one that the platform started.
    """
    if os.geteuid() == 0:
        return Path("/run/qubix")
    return Path(f"/tmp/qubix-slots-{os.geteuid()}")  # noqa: S108  its owner is checked


def open_runtime_folder(folder: Path) -> Path:
    """Make the folder of the locks, and make sure that it is ours alone.

    Raises:
        SandboxUnavailable: it cannot be made, or belongs to somebody else.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise SandboxUnavailable(
            asked=f"Opening {folder} for the locks of running jobs",
            obstacle=str(error),
            remedy="Make the folder writable for the agent, or give it another one.",
        ) from error
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise SandboxUnavailable(
            asked=f"Opening {folder} for the locks of running jobs",
            obstacle="it belongs to another user",
            remedy="Remove it, or give the agent another folder.",
        )
    return folder


def try_slot(runtime: Path, number: int) -> Slot | None:
    """Take this one slot, or None when somebody holds it."""
    descriptor = os.open(runtime / f"slot-{number}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return Slot(number, descriptor)


def used_slots(runtime: Path) -> Iterator[int]:
    """The numbers of all slots that were ever taken here, in no order."""
    with contextlib.suppress(FileNotFoundError):  # nothing ever ran here
        for path in runtime.iterdir():
            if path.name.startswith("slot-"):
                yield int(path.name.removeprefix("slot-"))


def free_slots(runtime: Path, *, among: Sequence[int] = range(SLOTS)) -> Iterator[Slot]:
    """Take one free slot after the other; the caller releases those that it has no use for.

    Raises:
        SandboxUnavailable: there is no further one.
    """
    for number in among:
        if slot := try_slot(runtime, number):
            yield slot
    raise SandboxUnavailable(
        asked="Taking a slot for a job",
        obstacle=f"none of the {len(among)} slots of this machine is free and clean",
        remedy="Wait for a running job to end; the agent's log tells what keeps a slot from being cleaned.",
    )
