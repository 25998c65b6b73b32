"""QUBIX: rent GPUs, or rent out yours.

    import qubix

    client = qubix.Client()
    job = client.submit("train.py", gpu="RTX 4090", max_price=50_000, timeout="1h")
    for entry in job.logs(follow=True):
        print(entry.text, end="")
    print(job.result())

Inside a job, `qubix.progress`, `qubix.inputs`, `qubix.output`, `qubix.checkpoint`, `qubix.resume`, `qubix.result` and,
for workers of a group, `qubix.take` and `qubix.items` work on the standard library alone; everything else is imported
when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

from qubix.inside import Item, checkpoint, inputs, items, job_id, output, progress, result, resume, take

if TYPE_CHECKING:
    from qubix import errors, schemas
    from qubix.async_client import AsyncClient
    from qubix.async_job import AsyncJob
    from qubix.client import Client
    from qubix.errors import QubixError
    from qubix.job import Job

__version__: Final = "0.1.0"

_LAZY: Final = {
    "AsyncClient": "qubix.async_client",
    "AsyncJob": "qubix.async_job",
    "AsyncJobArray": "qubix.array",
    "AsyncJobGroup": "qubix.group",
    "Client": "qubix.client",
    "Job": "qubix.job",
    "JobArray": "qubix.array",
    "JobGroup": "qubix.group",
    "QubixError": "qubix.errors",
    "errors": "",
    "schemas": "",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'qubix' has no attribute {name!r}")
    module = _LAZY[name]
    try:
        value = getattr(importlib.import_module(module), name) if module else importlib.import_module(f"qubix.{name}")
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("qubix.") and job_id():
            raise ImportError(
                f"qubix.{name} does not exist inside a job: keep what talks to the platform under "
                "`if __name__ == '__main__':` or in another file"
            ) from missing
        raise
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = [
    "AsyncClient",
    "AsyncJob",
    "AsyncJobArray",
    "AsyncJobGroup",
    "Client",
    "Item",
    "Job",
    "JobArray",
    "JobGroup",
    "QubixError",
    "__version__",
    "checkpoint",
    "errors",
    "inputs",
    "items",
    "job_id",
    "output",
    "progress",
    "result",
    "resume",
    "schemas",
    "take",
]
