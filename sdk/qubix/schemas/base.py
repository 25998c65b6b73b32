"""What every wire model has in common: camelCase on the wire, snake_case in Python."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

MAX_QU = 200_000_000_000_000
"""Supply cap of the Qubic coin in whole QU; below 2^53, so exact in JavaScript too."""

Qu = Annotated[int, Field(strict=True, ge=0, le=MAX_QU)]
"""An amount of QU: a whole number, never negative."""

SignedQu = Annotated[int, Field(strict=True, ge=-MAX_QU, le=MAX_QU)]
"""A change of QU: a whole number of either sign."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest as 64 lower-case hexadecimal digits."""

_SLUG = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")

Slug = Annotated[str, Field(pattern=f"^{_SLUG.pattern}$")]
"""At most 63 of `[A-Za-z0-9._-]`, starting and ending with a letter or digit: what Ray takes as a label's value."""


def is_slug(text: str) -> bool:
    """Whether a text is a slug."""
    return _SLUG.fullmatch(text) is not None


QubicAddress = Annotated[str, Field(pattern=r"^[A-Z]{60}$")]
"""A Qubic identity: 60 capital letters."""

Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""Text that PostgreSQL can store: anything but NUL."""


def _stays_inside(path: str) -> str:
    # An empty part would make the rest absolute to whoever takes off what stands before it.
    if not {"", ".", ".."}.isdisjoint(path.split("/")):
        raise ValueError("a path inside the job's folder: relative, and without '.', '..' and empty parts")
    return path


RelativePath = Annotated[Text, Field(min_length=1, max_length=500), AfterValidator(_stays_inside)]
"""A path below a folder of the job, with one `/` between its parts, none of which is `.` or `..`."""

JsonObject = dict[str, JsonValue]


class WireModel(BaseModel):
    """Base of all wire models. Frozen, because a message that was received does not change."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    def wire(self) -> dict[str, Any]:
        """This model as JSON-ready dictionary with the wire's names."""
        return self.model_dump(mode="json", by_alias=True)


class RequestModel(WireModel):
    """Base of what clients send. A field that nobody knows is a typing error, and is refused as one."""

    model_config = ConfigDict(extra="forbid")
