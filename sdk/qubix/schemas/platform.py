"""The API's own health, its errors and blobs."""

from typing import Annotated, Literal

from pydantic import Field

from qubix.schemas.base import JsonObject, WireModel
from qubix.schemas.states import WalletFormat


class PartHealth(WireModel):
    """One part of the platform."""

    name: str
    state: Literal["ok", "degraded", "down", "unknown"]
    detail: str


class Versions(WireModel):
    """What runs on the head: a Ray node needs the same Ray version and Python minor version."""

    qubix: str
    ray: str
    python: str
    api: str = "1"


class Health(WireModel):
    """Health of each part; `status` is the worst of them."""

    status: Literal["ok", "degraded", "down"]
    mode: Literal["development", "production"]
    parts: list[PartHealth]
    versions: Versions


class PlatformFacts(WireModel):
    """What anybody may know of a platform before signing in.

    Attributes:
        mode: play money and development's routes exist in `development` alone.
        chain: where its money is: a devnet's is play money.
        wallet_formats: the wallets that it takes.
        walletconnect_project_id: of the relay; none where WalletConnect is not offered.
        public_url: the address by which people and wallets know it.
        fee_basis_points: what it keeps of a provider's earnings, in hundredths of a percent.
    """

    version: str
    mode: Literal["development", "production"]
    chain: Literal["devnet", "qubic", "none"]
    wallet_formats: list[WalletFormat]
    walletconnect_project_id: str | None
    public_url: str
    fee_basis_points: int


class ConsoleMistake(WireModel):
    """What went wrong in a page of the console, as the browser tells it.

    Attributes:
        message: of the error.
        page: the path that it was seen at.
        stack: where in the console's scripts; empty where the browser does not say.
    """

    message: Annotated[str, Field(min_length=1, max_length=1000)]
    page: Annotated[str, Field(max_length=500)]
    stack: Annotated[str, Field(max_length=4000)] = ""


class ErrorBody(WireModel):
    """What went wrong: `code` for programs, `message` for people, `details` with facts."""

    code: str
    message: str
    details: JsonObject = {}


class ErrorAnswer(WireModel):
    """The one shape of every error response."""

    error: ErrorBody


class BlobStored(WireModel):
    """A blob is stored. Size in bytes."""

    sha256: str
    size: int
