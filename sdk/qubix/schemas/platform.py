"""The API's own health, its errors and blobs."""

from typing import Literal

from qubix.schemas.base import JsonObject, WireModel


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
