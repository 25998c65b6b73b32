"""Where the database is, read from the environment. Addresses are `sqlalchemy.URL`s, whose repr masks the password."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from qubix_platform.database.errors import DatabaseMisconfigured

APP_URL_VARIABLE: Final = "DATABASE_URL"
OWNER_URL_VARIABLE: Final = "DATABASE_OWNER_URL"
DRIVER: Final = "postgresql+asyncpg"
DEFAULT_PORT: Final = 5432

_SCHEMES: Final = frozenset(
    {"postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg", "postgresql+psycopg2"}
)
_QUERY: Final = frozenset({"host", "port", "ssl", "sslmode", "application_name"})


def normalise(url: str, *, variable: str = APP_URL_VARIABLE) -> URL:
    """Turn any usual form of a PostgreSQL address into one for asyncpg.

    Takes TCP (`postgresql://user:pw@host:5432/name`) and unix sockets (`postgresql://user:pw@/name?host=/run/pg`), and
    libpq's `sslmode`.

    Args:
        url: the address as people write it.
        variable: the environment variable that it came from, for the error's sentence.

    Raises:
        DatabaseMisconfigured: not an address of PostgreSQL, no user or database in it, or a parameter that is not
            understood. The sentence never holds the address, since that may hold a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise _refused(variable, "it is not a URL") from error
    if parsed.drivername not in _SCHEMES:
        raise _refused(variable, f"its scheme is {parsed.drivername!r}, and only PostgreSQL is supported")
    if not parsed.username or not parsed.database:
        raise _refused(variable, "it names no user or no database")
    if unknown := sorted(set(parsed.query) - _QUERY):
        raise _refused(variable, f"its parameter {unknown[0]!r} is not understood (known: {', '.join(sorted(_QUERY))})")
    query = dict(parsed.query)
    if "sslmode" in query:
        query["ssl"] = query.pop("sslmode")
    return parsed.set(drivername=DRIVER, query=query)


def connect_arguments(url: URL) -> dict[str, Any]:
    """The address as keyword arguments of `asyncpg.connect`."""
    query = {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
    arguments: dict[str, Any] = {
        "host": query.get("host") or url.host or "localhost",
        "port": int(query.get("port") or url.port or DEFAULT_PORT),
        "user": url.username,
        # A function, because tracebacks with local variables print dictionaries.
        "password": lambda: url.password,
        "database": url.database,
    }
    if "ssl" in query:
        arguments["ssl"] = query["ssl"]
    if "application_name" in query:
        arguments["server_settings"] = {"application_name": query["application_name"]}
    return arguments


def plain(url: URL) -> str:
    """The address with its password and without a driver, as `DATABASE_URL` takes it. A secret: never log it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@dataclass(frozen=True, kw_only=True)
class DatabaseSettings:
    """Addresses of the database for the two roles that QUBIX uses.

    Attributes:
        app_url: for the API and the scheduler: a role that is neither superuser nor owner of the ledger.
        owner_url: for migrations only; `None` where this process must not migrate.
    """

    app_url: URL
    owner_url: URL | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read `DATABASE_URL` and, where it is set, `DATABASE_OWNER_URL`.

        Raises:
            DatabaseMisconfigured: `DATABASE_URL` is missing, or one of the two is not understood.
        """
        values = os.environ if environment is None else environment
        app_url = values.get(APP_URL_VARIABLE)
        if not app_url:
            raise DatabaseMisconfigured(
                asked="Reading the database's address",
                obstacle=f"the environment variable {APP_URL_VARIABLE} is not set",
                remedy=f"Set {APP_URL_VARIABLE}=postgresql://qubix_app:…@host/qubix, or let `qubix up` run a database.",
            )
        owner_url = values.get(OWNER_URL_VARIABLE)
        return cls(
            app_url=normalise(app_url),
            owner_url=normalise(owner_url, variable=OWNER_URL_VARIABLE) if owner_url else None,
        )


def _refused(variable: str, obstacle: str) -> DatabaseMisconfigured:
    return DatabaseMisconfigured(
        asked=f"Reading the database's address from {variable}",
        obstacle=obstacle,
        remedy="Write it as postgresql://user:password@host:5432/name, or postgresql://user:password@/name?host=/socket/folder.",
    )
