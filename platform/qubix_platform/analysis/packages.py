"""Which packages the imports and `pip install` lines stand for."""

import ast
import re
import sys
from collections.abc import Iterator
from typing import Final

from qubix.schemas.analysis import Finding
from qubix_platform.analysis.magics import installed
from qubix_platform.analysis.names import text_of
from qubix_platform.analysis.reading import Piece

# Where the name to import is not the name to install.
PYPI_NAMES: Final = {
    "Bio": "biopython", "Crypto": "pycryptodome", "IPython": "ipython", "OpenSSL": "pyopenssl", "PIL": "pillow",
    "attr": "attrs", "bs4": "beautifulsoup4", "cuda": "cuda-python", "cudf": "cudf-cu12", "cuml": "cuml-cu12",
    "cugraph": "cugraph-cu12", "cupy": "cupy-cuda12x", "cv2": "opencv-python-headless", "dateutil": "python-dateutil",
    "docx": "python-docx", "dotenv": "python-dotenv", "faiss": "faiss-cpu", "fitz": "pymupdf",
    "flash_attn": "flash-attn", "git": "gitpython", "imblearn": "imbalanced-learn",
    "jwt": "pyjwt", "magic": "python-magic", "mpl_toolkits": "matplotlib",
    "nacl": "pynacl", "open_clip": "open-clip-torch", "osgeo": "gdal",
    "pkg_resources": "setuptools", "psycopg2": "psycopg2-binary", "pylab": "matplotlib", "pynvml": "nvidia-ml-py",
    "ruamel": "ruamel.yaml",
    "serial": "pyserial", "skimage": "scikit-image",
    "sklearn": "scikit-learn", "skopt": "scikit-optimize",
    "umap": "umap-learn", "usb": "pyusb", "whisper": "openai-whisper",
    "wx": "wxpython", "yaml": "pyyaml", "zmq": "pyzmq",
}  # fmt: skip

DEFAULT_ENVIRONMENT: Final = frozenset({"numpy", "scikit-learn", "scipy", "joblib", "threadpoolctl"})
"""What a job finds without asking for anything."""

_OURS: Final = frozenset({"qubix", "__future__"})
_SEPARATORS: Final = re.compile(r"[-_.]+")
_NAME: Final = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")


def find_packages(piece: Piece) -> Iterator[Finding]:
    """A finding for each package that a piece imports or installs; `value` is the name on PyPI, or the requirement."""
    for node in piece.nodes:
        for module in _imported(node):
            top = module.split(".")[0]
            if top in sys.stdlib_module_names or top in _OURS:
                continue
            package = PYPI_NAMES.get(top, _canonical(top))
            message = (
                f"import {top} comes with the package {package}"
                if top in PYPI_NAMES
                else f"import {top} is taken to be the package of that name"
            )
            yield piece.finding(kind="package", value=package, message=message, line=getattr(node, "lineno", 1))
        if isinstance(node, ast.Call) and node.args and "pip" in (command := text_of(node.args[0]) or ""):
            yield from _installed(piece, line=node.lineno, command=command)
    for line in piece.commands:
        yield from _installed(piece, line=line.line, command=line.text)


def suggest_requirements(packages: list[str]) -> list[str]:
    """Requirements for a job: what was installed by hand wins over the bare import; none where the default will do."""
    chosen: dict[str, str] = {}
    for package in packages:
        name = requirement_name(package)
        if len(package) > len(chosen.get(name, "")):
            chosen[name] = package
    if all(name in DEFAULT_ENVIRONMENT and requirement == name for name, requirement in chosen.items()):
        return []
    return sorted(chosen.values(), key=str.lower)


def requirement_name(requirement: str) -> str:
    """The package that a requirement is about, as PyPI writes it."""
    found = _NAME.match(requirement)
    return _canonical(found[0]) if found else requirement


def _installed(piece: Piece, *, line: int, command: str) -> Iterator[Finding]:
    for requirement in installed(command):
        yield piece.finding(
            kind="package", value=requirement, message=f"{requirement} is installed by this line", line=line
        )


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []


def _canonical(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()
