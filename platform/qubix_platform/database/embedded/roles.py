"""The embedded server's roles, and their passwords in one file that only its owner can read."""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ADMIN_ROLE: Final = "qubix_admin"
OWNER_ROLE: Final = "qubix_owner"
APP_ROLE: Final = "qubix_app"


@dataclass(frozen=True)
class Passwords:
    """One password for each role: the bootstrap superuser, the owner of the tables, the application."""

    admin: str = field(repr=False)
    owner: str = field(repr=False)
    app: str = field(repr=False)


def load_or_make(path: Path) -> Passwords:
    """Read the passwords, or make random ones and write them, durably, to a file of mode 0600."""
    if path.exists():
        return Passwords(**json.loads(path.read_text()))
    made = Passwords(admin=secrets.token_urlsafe(24), owner=secrets.token_urlsafe(24), app=secrets.token_urlsafe(24))
    half = path.with_suffix(".half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"admin": made.admin, "owner": made.owner, "app": made.app}, file)
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)
    return made


def roles_script(passwords: Passwords, *, database: str) -> str:
    """What `psql` runs as the bootstrap superuser after each start. Makes only what is missing.

    Goes to its standard input: arguments can be read by every user of the machine. Nothing in it comes from outside.
    """
    return f"""
        do $$ begin
            if not exists (select from pg_roles where rolname = '{OWNER_ROLE}') then
                create role {OWNER_ROLE} login password '{passwords.owner}';
            end if;
            if not exists (select from pg_roles where rolname = '{APP_ROLE}') then
                create role {APP_ROLE} login password '{passwords.app}';
            end if;
        end $$;
        select 'create database {database} owner {OWNER_ROLE}'
         where not exists (select from pg_database where datname = '{database}') \\gexec
    """  # noqa: S608
