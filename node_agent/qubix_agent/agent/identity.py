"""Who this machine is on the market. Kept in the agent's home, so that it is the same machine after a restart."""

import json
import re
import secrets
import socket
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from qubix.errors import InvalidRequest
from qubix.private_file import write_private

_HOST_CHARACTERS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A machine's identity.

    Attributes:
        worker_id: the machine's id for ever.
        url: the platform that issued the token.
        worker_token: what the machine signs its calls with; None before it joined.
        session: tells this run of the agent from another one with a copy of this home. It survives a killed agent, so
            that its successor goes on in its place, and ends with an orderly leave.
    """

    worker_id: str
    url: str | None = None
    worker_token: str | None = field(default=None, repr=False)
    session: UUID = field(default_factory=uuid4)

    def token_for(self, url: str) -> str | None:
        """The worker token for this platform, None where it knows the machine not yet."""
        return self.worker_token if self.url == url else None


def load_identity(path: Path) -> Identity:
    """The identity in the file, or a new one, which is written there first.

    Raises:
        InvalidRequest: the file is not what `save_identity` writes.
    """
    known = read_identity(path)
    if known is not None:
        return known
    identity = Identity(worker_id=new_worker_id(socket.gethostname()))
    save_identity(identity, path)
    return identity


def read_identity(path: Path) -> Identity | None:
    """The identity in the file, None where there is none.

    Raises:
        InvalidRequest: the file is not what `save_identity` writes.
    """
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Identity(
            worker_id=kept["worker_id"],
            url=kept["url"],
            worker_token=kept["worker_token"],
            session=UUID(kept["session"]) if kept["session"] else uuid4(),
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidRequest(
            asked=f"Reading this machine's identity from {path}",
            obstacle=f"it is damaged ({error})",
            remedy="Restore it from a backup, or remove it and join with a new join token as a new machine.",
        ) from error


def save_identity(identity: Identity, path: Path) -> None:
    """Write the identity for its owner only, whole or not at all."""
    write_private(path, json.dumps(asdict(identity) | {"session": str(identity.session)}))


def end_session(identity: Identity, path: Path) -> Identity:
    """The identity with another session: what this run was in the middle of is not to be gone on with."""
    ended = replace(identity, session=uuid4())
    save_identity(ended, path)
    return ended


def new_worker_id(host: str) -> str:
    """A new id that says which host it is: a slug of at most 63 characters."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", host.split(".", maxsplit=1)[0]).strip("-")[:_HOST_CHARACTERS].strip("-")
    return f"{name or 'worker'}-{secrets.token_hex(4)}"
