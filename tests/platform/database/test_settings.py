"""Addresses of the database, as people write them."""

import pytest

from qubix_platform.database.errors import DatabaseMisconfigured
from qubix_platform.database.settings import DatabaseSettings, connect_arguments, normalise, plain

SECRET = "s3cret/with:odd@chars"
QUOTED = "s3cret%2Fwith%3Aodd%40chars"


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        (f"postgres://me:{QUOTED}@db.example:6543/shop", "db.example", 6543),
        (f"postgresql://me:{QUOTED}@db.example/shop", "db.example", 5432),
        (f"postgresql+asyncpg://me:{QUOTED}@[::1]:5433/shop", "::1", 5433),
        (f"postgresql+psycopg://me:{QUOTED}@/shop?host=/run/pg", "/run/pg", 5432),
        (f"postgresql://me:{QUOTED}@/shop?host=/run/pg&port=5555", "/run/pg", 5555),
    ],
)
def test_every_usual_form_is_understood(address: str, host: str, port: int) -> None:
    arguments = connect_arguments(normalise(address))
    assert (arguments["host"], arguments["port"], arguments["user"], arguments["database"]) == (
        host,
        port,
        "me",
        "shop",
    )
    assert arguments["password"]() == SECRET


def test_libpq_s_ssl_mode_is_carried_over() -> None:
    assert connect_arguments(normalise("postgresql://me:pw@db/shop?sslmode=verify-full"))["ssl"] == "verify-full"


def test_an_address_survives_the_environment() -> None:
    url = normalise(f"postgresql://me:{QUOTED}@/shop?host=/run/pg&port=5555")
    assert normalise(plain(url)) == url


@pytest.mark.parametrize(
    ("address", "obstacle"),
    [
        ("mysql://me:hunter2@db/shop", "only PostgreSQL"),
        ("hunter2", "not a URL"),
        ("postgresql://me:hunter2@db:port/shop", "not a URL"),
        ("postgresql://me:hunter2@db", "no user or no database"),
        ("postgresql://db/shop", "no user or no database"),
        ("postgresql://me:hunter2@db/shop?channel_binding=require", "'channel_binding' is not understood"),
    ],
)
def test_what_is_not_understood_is_refused_without_its_password(address: str, obstacle: str) -> None:
    with pytest.raises(DatabaseMisconfigured, match=obstacle) as refused:
        DatabaseSettings.from_environment({"DATABASE_URL": address})
    assert "hunter2" not in str(refused.value)
    assert "DATABASE_URL" in str(refused.value)


def test_passwords_are_never_shown() -> None:
    settings = DatabaseSettings.from_environment(
        {"DATABASE_URL": f"postgresql://app:{QUOTED}@db/shop", "DATABASE_OWNER_URL": "postgresql://own:hunter2@db/shop"}
    )
    shown = f"{settings!r} {settings.app_url} {connect_arguments(settings.app_url)}"
    assert SECRET not in shown
    assert QUOTED not in shown
    assert "hunter2" not in shown


def test_a_missing_address_says_how_to_set_it() -> None:
    with pytest.raises(DatabaseMisconfigured, match="DATABASE_URL is not set"):
        DatabaseSettings.from_environment({})
