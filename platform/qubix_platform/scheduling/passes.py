"""A pass as compact bytes, and back: what was decided from, and what was decided."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from pydantic import BaseModel, TypeAdapter
from sqlalchemy import Row

from qubix_platform.placement.model import Decisions, Policy, Snapshot
from qubix_platform.scheduling.models import Pass

_FAST: Final = 1
_SNAPSHOT: Final = TypeAdapter(Snapshot)
_DECISIONS: Final = TypeAdapter(Decisions)
_POLICY: Final = TypeAdapter(Policy)


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A pass as it is stored."""

    decided_at: datetime
    policy: str
    snapshot: bytes
    decisions: bytes
    pending: int
    assigned: int
    duration_us: int


def encode(made: Pass) -> Encoded:
    """A pass as it is stored: JSON, compressed. Pure, and slow enough for a large market to be done in a thread."""
    return Encoded(
        decided_at=made.decided_at,
        policy=_json(made.policy).decode(),
        snapshot=zlib.compress(_json(made.snapshot), _FAST),
        decisions=zlib.compress(_json(made.decisions), _FAST),
        pending=len(made.snapshot.jobs),
        assigned=len(made.decisions.assignments),
        duration_us=made.duration_us,
    )


def decode(row: Row[Any]) -> Pass:
    """A pass from its row, equal to what was encoded."""
    return Pass(
        decided_at=row.decided_at,
        policy=_POLICY.validate_python(row.policy),
        snapshot=_SNAPSHOT.validate_json(zlib.decompress(row.snapshot)),
        decisions=_DECISIONS.validate_json(zlib.decompress(row.decisions)),
        duration_us=row.duration_us,
    )


def _json(value: object) -> bytes:
    return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS)


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a pass holds no {type(value).__name__}")
