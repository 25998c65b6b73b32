"""What a job runs, and the files that it needs for it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import qubix
import qubix.inside
from qubix.errors import InvalidRequest
from qubix.schemas.attempts import AttemptGpu, AttemptSpec
from qubix.schemas.states import ModelType
from qubix_agent.runner import function_driver
from qubix_agent.runner.artifacts import RESULT_NAME
from qubix_agent.runner.environment import EnvironmentInUse
from qubix_agent.sandbox import view as inside
from qubix_agent.sandbox.limits import Limits
from qubix_agent.sandbox.view import Command, View

_OWN_FOLDER: Final = ".qubix"
_SCRIPT: Final = "main.py"
_THREADS_PER_CORE: Final = 64

# All of QUBIX that exists inside a sandbox.
_LIBRARY: Final = {
    "qubix/__init__.py": Path(qubix.__file__),
    "qubix/inside.py": Path(qubix.inside.__file__),
}


@dataclass(frozen=True, slots=True)
class Program:
    """A job ready to start, once its files are written."""

    command: Command
    view: View
    limits: Limits


def write_files(spec: AttemptSpec, folder: Path) -> None:
    """Put what came with the request into the job's folder, over what the bundle brought.

    Raises:
        InvalidRequest: a path that leads through something that is no folder.
    """
    files: dict[str, str] = {}
    if spec.source is not None:
        files[source_path(spec)] = spec.source
    if spec.input_data is not None:
        files[f"{_OWN_FOLDER}/input.json"] = json.dumps(spec.input_data)
    if spec.model_type is ModelType.FUNCTION:
        files[f"{_OWN_FOLDER}/function_driver.py"] = Path(function_driver.__file__).read_text(encoding="utf-8")
    for relative, text in files.items():
        _write(folder, relative, text)


def source_path(spec: AttemptSpec) -> str:
    """Where inline source goes: a function's where its module is looked for, a script's at its entry point."""
    if spec.function is not None:
        return spec.function.partition(":")[0].replace(".", "/") + ".py"
    return spec.entrypoint or _SCRIPT


def _write(folder: Path, relative: str, text: str) -> None:
    target = folder / relative
    # The bundle may hold a link of this name; what we write must not follow it.
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise _cannot_write(relative, "a link leads there")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _cannot_write(relative, error.strerror or str(error)) from error


def _cannot_write(relative: str, obstacle: str) -> InvalidRequest:
    return InvalidRequest(
        asked=f"Writing {relative!r} into the job's folder",
        obstacle=obstacle,
        remedy="Name the script or function so that it does not collide with the bundle's files.",
    )


def build_program(
    spec: AttemptSpec, *, environment: EnvironmentInUse, devices: Sequence[str], items: Path | None = None
) -> Program:
    """What to start for this attempt. `items` is the socket that gives items to a worker of a group."""
    return Program(
        command=Command(argv=_argv(spec, str(environment.python)), environ=_variables(spec)),
        view=view_of(environment, devices=devices, items=items),
        limits=Limits(
            wall_seconds=spec.time_limit_seconds,
            memory_mib=spec.memory_mib,
            cpu_milli=spec.cpu_cores * 1000,
            max_processes=256 + _THREADS_PER_CORE * spec.cpu_cores,
            max_file_mib=spec.disk_mib,
            max_output_mib=spec.disk_mib,
        ),
    )


def view_of(environment: EnvironmentInUse, *, devices: Sequence[str], items: Path | None = None) -> View:
    """What a job in this environment, with these devices, sees."""
    return View(
        environment=environment.path,
        interpreter=environment.interpreter,
        library=_LIBRARY,
        devices=tuple(devices),
        writable={} if items is None else {inside.ITEMS: items},
    )


def _argv(spec: AttemptSpec, python: str) -> list[str]:
    if spec.model_type is ModelType.COMMAND:
        return [*(spec.command or []), *spec.arguments]
    if spec.model_type is ModelType.FUNCTION:
        return [python, f"{_OWN_FOLDER}/function_driver.py", spec.function or ""]
    return [python, source_path(spec), *spec.arguments]


def _variables(spec: AttemptSpec) -> dict[str, str]:
    variables = dict(spec.env)
    variables["QUBIX_JOB_ID"] = str(spec.job_id)
    variables["QUBIX_ATTEMPT"] = str(spec.number)
    if spec.world_size > 1:
        variables["RANK"] = str(spec.rank)
        variables["WORLD_SIZE"] = str(spec.world_size)
        variables["QUBIX_PEERS"] = ",".join(spec.peers)
    variables["QUBIX_RESULT"] = str(inside.OUTPUT / RESULT_NAME)
    if spec.takes_items:
        variables["QUBIX_ITEMS"] = str(inside.ITEMS)
    if spec.input_data is not None:
        variables["QUBIX_INPUT"] = str(inside.JOB / PurePosixPath(_OWN_FOLDER) / "input.json")
    return variables | _gpu_variables(spec.gpus)


def _gpu_variables(gpus: Sequence[AttemptGpu]) -> dict[str, str]:
    """Which cards the job may use. The sandbox binds no others; this keeps libraries from looking for them."""
    real = [gpu.uuid for gpu in gpus if not gpu.simulated]
    variables = {"CUDA_VISIBLE_DEVICES": ",".join(real), "NVIDIA_VISIBLE_DEVICES": ",".join(real) or "void"}
    if gpus:
        variables["QUBIX_GPUS"] = ",".join(gpu.model for gpu in gpus)
    if any(gpu.simulated for gpu in gpus):
        variables["QUBIX_SIMULATED"] = "1"
    return variables
