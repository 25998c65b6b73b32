"""Where the platform is and who asks: arguments, then the environment, then the configuration file.

The file (`$XDG_CONFIG_HOME/qubix/config.json`, readable by its owner only) keeps one API key and one session per
platform, so that neither is ever shown to a platform that did not issue it.
"""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from qubix.errors import InvalidRequest
from qubix.private_file import write_private

DEFAULT_URL: Final = "http://127.0.0.1:8000"
URL_VARIABLE: Final = "QUBIX_URL"
KEY_VARIABLE: Final = "QUBIX_API_KEY"
CA_VARIABLE: Final = "QUBIX_CA_FILE"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A platform's address and the API key for it, if there is one."""

    url: str
    api_key: str | None = field(default=None, repr=False)

    @property
    def is_local(self) -> bool:
        """Whether the platform is on this machine, so that no proxy may stand in between."""
        return urlsplit(self.url).hostname in _LOOPBACK


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What the configuration file holds: the platform used by default, and an API key and a session for each platform.

    A session stands before the key: whoever signed in with a wallet is meant, until they sign out.
    """

    url: str | None = None
    api_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    sessions: Mapping[str, str] = field(default_factory=dict, repr=False)

    def with_key(self, *, url: str, api_key: str | None) -> "Configuration":
        """This configuration with a platform's key set, or forgotten where `api_key` is None."""
        return replace(self, api_keys=_with(self.api_keys, url, api_key))

    def with_session(self, *, url: str, token: str | None) -> "Configuration":
        """This configuration with a platform's session set, or forgotten where `token` is None."""
        return replace(self, sessions=_with(self.sessions, url, token))


def connection(
    *, url: str | None = None, api_key: str | None = None, environment: Mapping[str, str] = os.environ
) -> Connection:
    """Settle which platform to talk to, and with which key.

    Raises:
        InvalidRequest: the address is no HTTP address, or the configuration file cannot be used.
    """
    configured = load(environment)
    address = normalise(url or environment.get(URL_VARIABLE) or configured.url or DEFAULT_URL)
    known = configured.sessions.get(address) or configured.api_keys.get(address)
    return Connection(url=address, api_key=api_key or environment.get(KEY_VARIABLE) or known)


def normalise(url: str) -> str:
    """The one form of a platform's address: scheme, host, port and path prefix without a slash at the end.

    Raises:
        InvalidRequest: not an HTTP address, or one with credentials, query or fragment in it.
    """
    parts = _parts(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        raise InvalidRequest(
            asked="Connecting to QUBIX",
            obstacle="its address is not an HTTP address of the form http://host:port",
            remedy=f"Give one like {DEFAULT_URL} (argument url, {URL_VARIABLE}, or qubix config set url).",
        )
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url.strip())
        return None if parts.port == 0 else parts
    except ValueError:
        return None


def file_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the configuration file is."""
    base = environment.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "qubix" / "config.json"


def load(environment: Mapping[str, str] = os.environ) -> Configuration:
    """Read the configuration file; without one, an empty configuration.

    Raises:
        InvalidRequest: others may read the file, or it is not what `save` writes.
    """
    path = file_path(environment)
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = json.load(file)
    except FileNotFoundError:
        return Configuration()
    except (OSError, ValueError) as error:
        raise _unusable(path, f"it cannot be read ({error})", "Repair or remove it") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _unusable(path, "it holds API keys, and others may read it", f"Close it: chmod 600 {path}")
    return _checked(content, path)


def save(configuration: Configuration, environment: Mapping[str, str] = os.environ) -> Path:
    """Write the configuration file for its owner only, whole or not at all. Gives its path.

    Raises:
        InvalidRequest: the file cannot be written.
    """
    path = file_path(environment)
    kept = {"apiKeys": dict(configuration.api_keys), "sessions": dict(configuration.sessions)}
    content = json.dumps({"url": configuration.url} | kept, indent=2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, f"{content}\n")
    except OSError as error:
        raise _unusable(path, f"it cannot be written ({error})", "Make room or permit it, then try again") from error
    return path


def _checked(content: Any, path: Path) -> Configuration:
    known = content if isinstance(content, dict) else {"url": content, "apiKeys": None}
    url, keys, sessions = known.get("url"), known.get("apiKeys", {}), known.get("sessions", {})
    if not isinstance(url, str | None) or not _are_texts(keys) or not _are_texts(sessions):
        raise _unusable(path, "it is not a configuration of QUBIX", "Remove it, and set it anew with qubix config set")
    return Configuration(url=url, api_keys=keys, sessions=sessions)


def _are_texts(values: object) -> bool:
    return isinstance(values, dict) and all(isinstance(value, str) for value in values.values())


def _with(known: Mapping[str, str], url: str, value: str | None) -> Mapping[str, str]:
    others = {other: kept for other, kept in known.items() if other != url}
    return others if value is None else others | {url: value}


def _unusable(path: Path, obstacle: str, remedy: str) -> InvalidRequest:
    return InvalidRequest(asked=f"Using the configuration file {path}", obstacle=obstacle, remedy=f"{remedy}.")
