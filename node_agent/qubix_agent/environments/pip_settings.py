"""The package index of this machine, as its owner set it up for pip."""

import ast
import functools
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from qubix_agent.environments.errors import EnvironmentUnavailable

# Later ones win, as in pip itself.
_SECTIONS: Final = ("global", "install", ":env:")
_DEFAULT_INDEX: Final = re.compile(r"--index-url <url>.*?default\s+(https?://[^\s)]+)\)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipSettings:
    """Where pip looks for packages. Addresses as pip takes them; local ones are `file://` or plain paths."""

    index_url: str | None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    certificates: Path | None = None

    @property
    def indexes(self) -> tuple[str, ...]:
        """All indexes in pip's order."""
        return ((self.index_url,) if self.index_url else ()) + self.extra_index_urls

    @property
    def has_credentials(self) -> bool:
        """An address carries the owner's name and password, which no code of a package may come to see."""
        return any(urlsplit(address).username for address in (*self.indexes, *self.find_links))


def local_path(address: str) -> Path | None:
    """The path that an address of this machine means, or None when it is another machine's."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return None if parts.scheme in ("http", "https") else Path(address).expanduser()


def pip_folder() -> Path:
    """Where the agent's own pip lies.

    Raises:
        EnvironmentUnavailable: the agent was installed without it.
    """
    spec = importlib.util.find_spec("pip")
    if spec is None or spec.origin is None:
        raise EnvironmentUnavailable(
            asked="Building an environment",
            obstacle="pip is not installed beside the agent",
            remedy="Install our package with its extra [agent].",
        )
    return Path(spec.origin).parent


@functools.cache
def discover() -> PipSettings:
    """Ask pip for the settings of this machine: its files and its environment variables.

    Raises:
        EnvironmentUnavailable: pip cannot be asked.
    """
    found: dict[str, str] = {}
    by_section = _parse(_pip("config", "list"))
    for section in _SECTIONS:
        found |= by_section.get(section, {})
    index = None if _is_true(found.get("no-index", "")) else found.get("index-url") or _default_index()
    certificates = found.get("cert") or os.environ.get("SSL_CERT_FILE")
    return PipSettings(
        index_url=index,
        extra_index_urls=tuple(found.get("extra-index-url", "").split()) if index else (),
        find_links=tuple(found.get("find-links", "").split()),
        trusted_hosts=tuple(found.get("trusted-host", "").split()),
        certificates=Path(certificates).resolve() if certificates else None,
    )


def _parse(text: str) -> Mapping[str, dict[str, str]]:
    settings: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        name, separator, value = line.partition("=")
        section, dot, key = name.partition(".")
        if separator and dot:
            settings.setdefault(section, {})[key] = str(ast.literal_eval(value))
    return settings


def _default_index() -> str:
    """The index that pip itself falls back on: its help is the only public place that names it."""
    found = _DEFAULT_INDEX.search(_pip("install", "--help"))
    if not found:
        raise EnvironmentUnavailable(
            asked="Finding the package index of this machine",
            obstacle="neither pip's settings nor pip itself name one",
            remedy="Set index-url in pip's configuration.",
        )
    return found[1]


def _is_true(value: str) -> bool:
    return value.lower() in ("1", "true", "yes", "on", "y", "t")


def _pip(*arguments: str) -> str:
    line = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    environ = os.environ | {"COLUMNS": "1000", "PYTHONWARNINGS": "ignore"}
    ran = subprocess.run(line, capture_output=True, text=True, check=False, env=environ, timeout=60)
    if ran.returncode:
        raise EnvironmentUnavailable(
            asked=f"Asking pip: {' '.join(arguments)}",
            obstacle=ran.stderr.strip()[-500:] or f"it ended with exit code {ran.returncode}",
            remedy="Repair the agent's pip.",
        )
    return ran.stdout
