"""`python -m tools.openapi`: writes the API's description to `ui/openapi.json`, for the console.

With `--check` it writes nothing: exit status 1 when the file is not what the API says of itself.
"""

import json
import sys
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.pricing.policy import MarketPolicy
from qubix_serve.app import create_app
from qubix_serve.settings import ServeSettings

DESCRIPTION: Final = Path(__file__).resolve().parents[1] / "ui" / "openapi.json"


def describe() -> str:
    """The API of a development platform, as OpenAPI in JSON. Nothing is connected to for it."""
    settings = ServeSettings(
        database=DatabaseSettings(app_url=make_url("postgresql+asyncpg://nobody@localhost/none"), owner_url=None),
        secret=b"describes only",
        blob_url="file:///nowhere",
        mode="development",
        policy=MarketPolicy(),
        public_url="http://127.0.0.1:8000",
        ray=None,
        is_devnet=True,
    )
    description = create_app(settings).openapi()
    del description["info"]["version"]  # a release changes it, and nothing that the client is made from
    return json.dumps(description, indent=1, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write the description, or with `--check` compare it with the one that is there."""
    described = describe()
    if "--check" not in arguments:
        DESCRIPTION.write_text(described)
        return 0
    if DESCRIPTION.is_file() and DESCRIPTION.read_text() == described:
        return 0
    print("ui/openapi.json is not what the API is: run `python -m tools.openapi`, then `npm run api` in ui/")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
