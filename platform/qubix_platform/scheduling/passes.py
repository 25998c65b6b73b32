"""A pass as compact bytes, and back: what was decided from, and what was decided.

Most of a market is from one pass to the next as it was. So a snapshot is stored whole now and then, and those after it
name the stretches of it that they have in common, with what is new between them.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

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
    """A pass as it is stored. `is_whole` where its snapshot needs no other to be read."""

    decided_at: datetime
    policy: str
    snapshot: bytes
    decisions: bytes
    pending: int
    assigned: int
    duration_us: int
    is_whole: bool


class Base:
    """A snapshot that is stored whole, for others to name stretches of.

    Args:
        parts: its fields; those that list something as JSON of each.
    """

    def __init__(self, parts: Mapping[str, list[bytes] | bytes]) -> None:
        self._lists = {name: part for name, part in parts.items() if isinstance(part, list)}
        self._places = {name: {each: at for at, each in enumerate(part)} for name, part in self._lists.items()}

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        """The base that a snapshot makes."""
        return cls(_parts(snapshot))

    @classmethod
    def stored(cls, snapshot: bytes) -> Self:
        """The base from the bytes of a whole snapshot."""
        content = orjson.loads(zlib.decompress(snapshot))
        return cls({name: [_json(each) for each in part] for name, part in content.items() if isinstance(part, list)})

    def shorten(self, name: str, elements: list[bytes]) -> bytes:
        """A list as JSON: `[from, count]` for a stretch of the base's list, `[element]` for what is new."""
        places = self._places.get(name, {})
        pieces: list[tuple[int, int] | bytes] = []
        for element in elements:
            at, last = places.get(element), pieces[-1] if pieces else None
            if at is None:
                pieces.append(element)
            elif isinstance(last, tuple) and sum(last) == at:
                pieces[-1] = (last[0], last[1] + 1)
            else:
                pieces.append((at, 1))
        return _joined(_joined([piece]) if isinstance(piece, bytes) else _json(piece) for piece in pieces)

    def restore(self, name: str, pieces: list[list[Any]]) -> bytes:
        """The list as it was before it was shortened, as JSON."""
        elements: list[bytes] = []
        for piece in pieces:
            if len(piece) == 1:
                elements.append(_json(piece[0]))
            else:
                start, count = piece
                elements += self._lists[name][start : start + count]
        return _joined(elements)


def encode(made: Pass, base: Base | None = None) -> Encoded:
    """A pass as it is stored. Pure, and slow enough for a large market to be done in a thread.

    Args:
        made: the pass.
        base: what its snapshot may name stretches of; without one it is stored whole.
    """
    parts = {
        name: part if isinstance(part, bytes) else base.shorten(name, part) if base else _joined(part)
        for name, part in _parts(made.snapshot).items()
    }
    return Encoded(
        decided_at=made.decided_at,
        policy=_json(made.policy).decode(),
        snapshot=zlib.compress(_object(parts), _FAST),
        decisions=zlib.compress(_json(made.decisions), _FAST),
        pending=len(made.snapshot.jobs),
        assigned=len(made.decisions.assignments),
        duration_us=made.duration_us,
        is_whole=base is None,
    )


def decode(row: Row[Any], base: Base | None = None) -> Pass:
    """A pass from its row, equal to what was encoded.

    Args:
        row: as it is stored.
        base: the one that it was encoded with.
    """
    content = zlib.decompress(row.snapshot)
    if base is not None:
        pieces = orjson.loads(content)
        content = _object(
            {name: base.restore(name, part) if isinstance(part, list) else _json(part) for name, part in pieces.items()}
        )
    return Pass(
        decided_at=row.decided_at,
        policy=_POLICY.validate_python(row.policy),
        snapshot=_SNAPSHOT.validate_json(content),
        decisions=_DECISIONS.validate_json(zlib.decompress(row.decisions)),
        duration_us=row.duration_us,
    )


def _parts(snapshot: Snapshot) -> dict[str, list[bytes] | bytes]:
    """Each field of a snapshot as JSON, those that list something element by element."""
    fields = {name: getattr(snapshot, name) for name in snapshot.__dataclass_fields__}
    return {
        name: [_json(each) for each in value] if isinstance(value, tuple | list) else _json(value)
        for name, value in fields.items()
    }


def _object(parts: Mapping[str, bytes]) -> bytes:
    return b"{" + b",".join(_json(name) + b":" + part for name, part in parts.items()) + b"}"


def _joined(elements: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(elements) + b"]"


def _json(value: object) -> bytes:
    return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS)


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a pass holds no {type(value).__name__}")
