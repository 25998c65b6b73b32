"""A consumer's code runs only inside the sandbox: few places may start a process, and none may evaluate code."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source
from tools.laws.reading import ROOMS, calls, full_name, imported_as, is_module, is_python_in, is_under

# Each starts programs of the platform or of the machine's owner, never a consumer's; only sandbox/ starts those.
_MAY_START_PROCESSES = (
    "node_agent/qubix_agent/environments",
    "node_agent/qubix_agent/hardware",
    "node_agent/qubix_agent/ray_node",
    "node_agent/qubix_agent/sandbox",
    "platform/qubix_platform/chain/secret_store",
    "platform/qubix_platform/database",
    "serve_app/qubix_serve/demo",
    "serve_app/qubix_serve/signatures",
    "serve_app/qubix_serve/supervisor",
)
_EVALUATORS = frozenset({"exec", "eval", "compile", "runpy.run_path", "runpy.run_module", "pty.spawn"})
_STARTERS = (
    "subprocess.Popen",
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
    "asyncio.subprocess.create_subprocess_exec",
    "asyncio.subprocess.create_subprocess_shell",
    "anyio.run_process",
    "anyio.open_process",
    "multiprocessing.Process",
)
_OS_STARTERS = ("os.exec", "os.spawn", "os.posix_spawn", "os.system", "os.popen", "os.fork")


def _applies(path: PurePosixPath) -> bool:
    return is_python_in(path, ROOMS)


def _find(source: Source) -> Iterator[tuple[int, str]]:
    names = imported_as(source.tree)
    may_start = is_under(source.path, *_MAY_START_PROCESSES)
    in_sandbox = is_under(source.path, "node_agent/qubix_agent/sandbox")
    for call in calls(source.tree):
        name = full_name(call.func, names)
        if name in _EVALUATORS and not in_sandbox:
            yield (
                call.lineno,
                f"{name}() evaluates code outside the sandbox: run it as a job, through qubix_agent.sandbox",
            )
        elif _starts_process(call, name) and not may_start:
            yield call.lineno, f"{name}() starts a process here: only {_listed()} may"


def _starts_process(call: ast.Call, name: str) -> bool:
    in_shell = any(keyword.arg == "shell" and isinstance(keyword.value, ast.Constant) for keyword in call.keywords)
    return is_module(name, *_STARTERS) or name.startswith(_OS_STARTERS) or (in_shell and name.startswith("subprocess"))


def _listed() -> str:
    return ", ".join(place.split("/", 1)[1] for place in _MAY_START_PROCESSES)


LAW = Law("code-in-the-sandbox", _applies, _find)
