"""The domain knows neither Ray nor FastAPI: it can be tested, and outlive them, without a cluster or a server."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source
from tools.laws.reading import imports, is_module, is_python_in, is_under


def _applies(path: PurePosixPath) -> bool:
    # A chain to develop against is a server of its own, which nothing of the platform imports.
    return is_python_in(path, {"platform"}) and not is_under(path, "platform/qubix_platform/qubic/devnet")


def _find(source: Source) -> Iterator[tuple[int, str]]:
    for line, name in imports(source.tree):
        if is_module(name, "ray", "fastapi", "starlette", "uvicorn"):
            framework = name.split(".")[0]
            yield line, f"the domain imports {framework}: what needs it belongs into actors/ or serve_app/"


LAW = Law("domain-without-frameworks", _applies, _find)
