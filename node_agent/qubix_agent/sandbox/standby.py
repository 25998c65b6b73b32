"""A bubblewrap that already waits in its cgroup for the job that it will isolate.

Moving a process into a cgroup takes the kernel about 12 ms, three times as long as bubblewrap itself, so it is done
before anybody waits. A parked bubblewrap does nothing and holds less than a mebibyte. If its owner dies it reads the
end of its options, finds an empty root to run in, and ends.
"""

import contextlib
import logging
import os
import resource
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qubix_agent.sandbox.bubblewrap import find_tools, parked_command
from qubix_agent.sandbox.cgroup import Cgroup
from qubix_agent.sandbox.errors import SandboxFailed, SandboxUnavailable
from qubix_agent.sandbox.hierarchy import Hierarchy
from qubix_agent.sandbox.limits import MEBIBYTE, Limits
from qubix_agent.sandbox.reclaim import acquire_clean_slot, reclaim
from qubix_agent.sandbox.seccomp import filter_descriptor
from qubix_agent.sandbox.slot import SLOT_VARIABLE, Journal, Slot

_log = logging.getLogger(__name__)

_LOCKED_BYTES = 64 << 10
# Not 0, which would still start the host's crash handler where it is a program: 1 is the kernel's word for neither.
_NO_CORE = 1
_HOME_VARIABLES = ("QUBIX_PLATFORM", "QUBIX_AGENT_HOME")


@dataclass(slots=True)
class Standby:
    """A parked bubblewrap with everything that it holds. Descriptors are ours to close."""

    slot: Slot
    cgroup: Cgroup | None
    process: subprocess.Popen[bytes]
    arguments: int
    orders: int
    status: int
    stdout: int
    stderr: int

    @property
    def job_uid(self) -> int | None:
        """The user that the job will be, or None where it stays our own user in a namespace."""
        return self.slot.uid if os.geteuid() == 0 else None

    @property
    def is_alive(self) -> bool:
        """It still waits."""
        return self.process.poll() is None

    def begin(self, *, options: Sequence[str], limits: Limits, has_gpu: bool) -> None:
        """Let it go, with a command whose standard input is at its end.

        Raises:
            SandboxFailed: it died while it waited, or the kernel refuses a limit.
        """
        self._begin(options, limits, resource_limits(self, limits, has_gpu=has_gpu))
        self._close("orders")

    def begin_waiting(self, *, options: Sequence[str], limits: Limits) -> None:
        """Let it go, with a command that will wait on its standard input for what `give_order` writes.

        Raises:
            SandboxFailed: see `begin`.
        """
        self._begin(options, limits, {resource.RLIMIT_CORE: _NO_CORE})

    def give_order(self, order: bytes, *, limits: Limits) -> None:
        """Tell the waiting command what to do, under these limits of the cgroup.

        Raises:
            SandboxFailed: see `begin`.
        """
        try:
            if self.cgroup:
                self.cgroup.apply(limits)
            _write_all(self.orders, order)
        except OSError as error:
            raise _died(error) from error
        finally:
            self._close("orders")

    def _begin(self, options: Sequence[str], limits: Limits, kernel_limits: Mapping[int, int]) -> None:
        try:
            if self.cgroup:
                self.cgroup.apply(limits)
            for kind, value in kernel_limits.items():
                _, hard = resource.prlimit(self.process.pid, kind)
                allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
                resource.prlimit(self.process.pid, kind, (allowed, allowed))
            _write_all(self.arguments, b"".join(option.encode() + b"\0" for option in options))
        except OSError as error:
            raise _died(error) from error
        finally:
            self._close("arguments")

    def _close(self, name: str) -> None:
        if (descriptor := getattr(self, name)) >= 0:
            os.close(descriptor)
            setattr(self, name, -1)

    def discard(self) -> None:
        """End it unused, and everything with it. Idempotent.

        Raises:
            SandboxFailed: something is left; the next owner of the slot, or a sweep, tries again.
        """
        self._close("arguments")
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        for name in ("orders", "status", "stdout", "stderr"):
            self._close(name)
        try:
            reclaim(self.slot)
        finally:
            self.slot.release()


def resource_limits(standby: Standby, limits: Limits, *, has_gpu: bool) -> dict[int, int]:
    """What the kernel enforces per process or user, by the kind of limit."""
    wanted = {
        resource.RLIMIT_CORE: _NO_CORE,
        resource.RLIMIT_FSIZE: limits.max_file_mib * MEBIBYTE,
        resource.RLIMIT_NOFILE: limits.open_files,
    }
    if standby.job_uid is not None:
        # Counted per user, and this user runs nothing else. Elsewhere it would count all that our own user runs.
        wanted[resource.RLIMIT_NPROC] = limits.max_processes
    elif standby.cgroup is None:
        wanted[resource.RLIMIT_NPROC] = _own_threads() + limits.max_processes
    if not has_gpu:
        wanted[resource.RLIMIT_MEMLOCK] = _LOCKED_BYTES
    if standby.cgroup is None and not has_gpu:
        # Address space is a poor measure of memory (CUDA reserves hundreds of gigabytes), but a stop for bombs.
        wanted[resource.RLIMIT_AS] = limits.memory_bytes * 4
    return wanted


def _died(error: OSError) -> SandboxFailed:
    return SandboxFailed(
        asked="Starting the sandbox",
        obstacle=str(error),
        remedy="Prepare another one; the agent's log tells whether something kills them.",
    )


def park(*, runtime: Path, hierarchy: Hierarchy | None) -> Standby:
    """Start a bubblewrap and let it wait.

    The calling thread must live as long as the job may: the kernel ends the job with the thread that started it.

    Raises:
        SandboxUnavailable: the machine lacks what it takes.
    """
    with _unavailable("Starting a sandbox", "Free what the machine lacks; the agent's log tells more."):
        slot = acquire_clean_slot(runtime)
        try:
            return _park(slot, hierarchy.cgroup(slot.name) if hierarchy else None)
        except BaseException:
            _give_back(slot)
            raise


@contextlib.contextmanager
def _unavailable(asked: str, remedy: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SandboxUnavailable(asked=asked, obstacle=str(error), remedy=remedy) from error


def _give_back(slot: Slot) -> None:
    try:
        reclaim(slot)
    except SandboxFailed as left:
        _log.warning("slot %d: %s", slot.number, left)
    finally:
        slot.release()


def _park(slot: Slot, cgroup: Cgroup | None) -> Standby:
    if cgroup:
        slot.record(Journal(cgroups=cgroup.folders))
        _make_anew(cgroup)
    tools = find_tools(as_root=os.geteuid() == 0)
    with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
        seccomp = filter_descriptor()
        theirs.callback(os.close, seccomp)
        arguments_read, arguments = _pipe(reader=theirs, writer=ours)
        orders_read, orders = _pipe(reader=theirs, writer=ours)
        status, status_write = _pipe(reader=ours, writer=theirs)
        stdout, stdout_write = _pipe(reader=ours, writer=theirs)
        stderr, stderr_write = _pipe(reader=ours, writer=theirs)
        line = parked_command(
            tools=tools,
            uid=slot.uid,
            arguments_fd=arguments_read,
            status_fd=status_write,
            seccomp_fd=seccomp,
            has_cgroup=cgroup is not None,
        )
        if tools.setpriv:
            # Or the job could not open its own /dev/stdout by name.
            os.fchown(stdout_write, slot.uid, slot.uid)
            os.fchown(stderr_write, slot.uid, slot.uid)
        process = subprocess.Popen(
            line,
            stdin=orders_read,
            stdout=stdout_write,
            stderr=stderr_write,
            pass_fds=(arguments_read, status_write, seccomp),
            env=_marks(slot),
            # Out of our process group: Ctrl-C at the agent's terminal must not end jobs.
            start_new_session=True,
        )
        ours.callback(_end, process)
        for descriptor in (status, stdout, stderr):
            os.set_blocking(descriptor, False)
        if cgroup:
            remedy = "Start the agent where it may use cgroups, or without them."
            with _unavailable(f"Moving a sandbox into the cgroup {cgroup.folders[0]}", remedy):
                cgroup.join(process.pid)
        ours.pop_all()
    return Standby(slot, cgroup, process, arguments, orders, status, stdout, stderr)


def _make_anew(cgroup: Cgroup) -> None:
    try:
        cgroup.make()
    except FileExistsError:  # whoever had the slot died before its journal said so
        cgroup.remove()
        cgroup.make()


def _pipe(*, reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    """The ends of a pipe, each closed with what it belongs to."""
    read, write = os.pipe()
    reader.callback(os.close, read)
    writer.callback(os.close, write)
    return read, write


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _marks(slot: Slot) -> dict[str, str]:
    """What tells of an orphan to whom it belonged: its slot, and the homes that its owner was marked with."""
    homes = {name: os.environ[name] for name in _HOME_VARIABLES if name in os.environ}
    return homes | {SLOT_VARIABLE: slot.name}


def _own_threads() -> int:
    own = os.geteuid()
    total = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if folder.stat().st_uid == own:
                    total += sum(1 for _ in (folder / "task").iterdir())
            except FileNotFoundError:  # it ended meanwhile
                continue
    return total


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
