"""The domain knows neither Ray nor FastAPI: it can be tested, and outlive them, without a cluster or a server."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source
from tools.laws.reading import imports, is_module, is_python_in


def _applies(path: PurePosixPath) -> bool:
    return is_python_in(path, {"platform"})


def _find(source: Source) -> Iterator[tuple[int, str]]:
    for line, name in imports(source.tree):
        if is_module(name, "ray", "fastapi", "starlette", "uvicorn"):
            framework = name.split(".")[0]
            yield line, f"the domain imports {framework}: what needs it belongs into actors/ or serve_app/"


LAW = Law("domain-without-frameworks", _applies, _find)
