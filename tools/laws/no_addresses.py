"""The repository names no package registry and no path of one machine: it is built wherever it is cloned.

Which names those are is asked of the machine that runs the check (pip, npm and apt know their registries).
"""

import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from tools.laws.law import Law, Source

_SUFFIXES = frozenset(
    {".py", ".ts", ".tsx", ".sh", ".toml", ".yaml", ".yml", ".json", ".md", ".lock", ".in", ".sql", ".txt", ""}
)
_HOST = re.compile(r"https?://(?:[^@/\s'\"]+@)?([A-Za-z0-9.-]+)")
# Folders that every machine has: a checkout directly below one of them says nothing about a machine.
_COMMON_FOLDERS = frozenset({"/", "/home", "/opt", "/root", "/srv", "/tmp", "/usr", "/var", "/var/tmp"})  # noqa: S108
_REGISTRY_SETTINGS = re.compile(r"^(PIP_|UV_|NPM_CONFIG_).*(INDEX|LINKS|REGISTRY|HOST)", re.IGNORECASE)


def hosts_in(texts: Iterable[str]) -> frozenset[str]:
    """The host names of every URL in the texts, without ports and credentials."""
    return frozenset(host.lower() for text in texts for host in _HOST.findall(text) if "." in host)


def registry_hosts() -> frozenset[str]:
    """The registries that this machine's package tools are set to, and pip's own default."""
    default = importlib.import_module("pip._internal.models.index").PyPI
    texts = [
        default.url,
        f"https://{default.file_storage_domain}",
        _answer(sys.executable, "-m", "pip", "config", "list"),
    ]
    texts += [value for name, value in os.environ.items() if _REGISTRY_SETTINGS.match(name)]
    if npm := shutil.which("npm"):
        texts.append(_answer(npm, "config", "get", "registry"))
    apt = Path("/etc/apt")
    texts += [
        file.read_text()
        for pattern in ("sources.list", "sources.list.d/*")
        for file in apt.glob(pattern)
        if file.is_file()
    ]
    return hosts_in(texts)


def machine_paths(root: Path, home: Path) -> frozenset[str]:
    """The beginnings of paths that only this machine has: where the checkout lies, and the home's hidden folders."""
    around = {f"{root.parent}/"} if str(root.parent) not in _COMMON_FOLDERS else set()
    return frozenset(around | {f"{home}/."})


def no_addresses(hosts: frozenset[str], paths: frozenset[str]) -> Law:
    """The law for one machine's registries and paths."""
    host = re.compile(
        "|".join(rf"(?<![\w.-]){re.escape(name)}(?![\w-])" for name in sorted(hosts)) or r"(?!)", re.IGNORECASE
    )
    path = re.compile("|".join(r"(?<![\w.])" + re.escape(start) for start in sorted(paths)) or r"(?!)")

    def find(source: Source) -> Iterator[tuple[int, str]]:
        for line, text in enumerate(source.text.splitlines(), start=1):
            if host.search(text):
                yield line, "names a package registry: leave the address to the machine's own settings"
            if path.search(text):
                yield line, "names a path of this machine: derive it from the checkout, the home or a setting"

    return Law("no-addresses", _applies, find)


def _applies(path: PurePosixPath) -> bool:
    return path.suffix in _SUFFIXES


def _answer(*command: str) -> str:
    finished = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    return finished.stdout
