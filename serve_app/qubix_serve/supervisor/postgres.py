"""The platform's database: an embedded server of this home, or the one that DATABASE_URL names."""

import asyncio
import os
from collections.abc import Mapping
from typing import Protocol

from qubix_platform.database.connection import DEFAULT_LIMITS, TimeLimits
from qubix_platform.database.embedded import EmbeddedPostgres
from qubix_platform.database.engine import create_engine
from qubix_platform.database.errors import DatabaseMisconfigured
from qubix_platform.database.migrate import migrate
from qubix_platform.database.session import Database
from qubix_platform.database.settings import APP_URL_VARIABLE, OWNER_URL_VARIABLE, DatabaseSettings
from qubix_serve.supervisor.home import Home


class PlatformDatabase(Protocol):
    """What the supervisor needs of a database, whoever runs it."""

    @property
    def is_external(self) -> bool:
        """Whether somebody else runs it."""

    @property
    def pid(self) -> int | None:
        """The server's process, where this machine's supervisor runs it."""

    @property
    def settings(self) -> DatabaseSettings:
        """Where it is. Known once it was started."""

    def start(self) -> None:
        """Have it running, or attach to the one that runs."""

    def is_running(self) -> bool:
        """Whether its process is alive."""

    def stop(self) -> None:
        """End it, when the supervisor runs it."""


class Embedded:
    """The server in the home's own folder."""

    is_external = False

    def __init__(self, home: Home) -> None:
        self._server = EmbeddedPostgres(home.postgres)

    @property
    def pid(self) -> int | None:
        """The server's process."""
        return self._server.pid

    @property
    def settings(self) -> DatabaseSettings:
        """Its addresses, for the application's role and for the tables' owner."""
        return DatabaseSettings(app_url=self._server.app_url, owner_url=self._server.owner_url)

    def start(self) -> None:
        """Start the server, or attach to the one that runs.

        Raises:
            EmbeddedServerError: it cannot be started.
        """
        self._server.start()

    def is_running(self) -> bool:
        """Whether it is alive and takes connections."""
        return self._server.is_running()

    def stop(self) -> None:
        """End it; what was committed stays."""
        self._server.stop()


class External:
    """A server that somebody else runs. Nothing here starts or stops it."""

    is_external = True

    def __init__(self, settings: DatabaseSettings) -> None:
        self.settings = settings
        self.pid: int | None = None

    def start(self) -> None:
        """Nothing to start: migrating shows whether it answers."""

    def is_running(self) -> bool:
        """Taken for granted: the API's health tells whether it answers."""
        return True

    def stop(self) -> None:
        """Nothing to stop."""


def choose_database(home: Home, environment: Mapping[str, str] | None = None) -> PlatformDatabase:
    """The database that this platform uses.

    Raises:
        DatabaseMisconfigured: DATABASE_URL is set without DATABASE_OWNER_URL, or is no address of PostgreSQL.
    """
    values = os.environ if environment is None else environment
    if not values.get(APP_URL_VARIABLE):
        return Embedded(home)
    settings = DatabaseSettings.from_environment(values)
    if settings.owner_url is None:
        raise DatabaseMisconfigured(
            asked=f"Using the database of {APP_URL_VARIABLE}",
            obstacle=f"{OWNER_URL_VARIABLE} is not set, and its tables have to be brought up to date first",
            remedy=f"Set {OWNER_URL_VARIABLE} to the same database with the role that owns the tables.",
        )
    return External(settings)


def bring_up_to_date(settings: DatabaseSettings) -> str:
    """Migrate the database, and return the revision that it has now.

    Raises:
        DatabaseTooNew: a later QUBIX made it. Nothing was changed.
        DatabaseUnavailable: it does not answer.
    """
    assert settings.owner_url is not None
    assert settings.app_url.username is not None
    return asyncio.run(migrate(settings.owner_url, app_role=settings.app_url.username))


def open_database(settings: DatabaseSettings, *, limits: TimeLimits = DEFAULT_LIMITS) -> Database:
    """A small pool for the supervisor's own few questions."""
    return Database(create_engine(settings.app_url, pool_size=1, limits=limits))
