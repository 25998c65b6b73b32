"""A call of the API as data: what to send and how to read the answer. No I/O happens here."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeVar, overload

from pydantic import TypeAdapter, ValidationError

from qubix.errors import InternalError, from_wire
from qubix.schemas.base import WireModel

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
ModelT = TypeVar("ModelT", bound=WireModel)
Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An HTTP response as it arrived. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Call(Generic[T_co]):
    """One call of the API.

    Attributes:
        asked: what the call is for, as the start of an error's sentence.
        parse: turns an accepted reply into the value.
        body: bytes, or a file that is read anew for each try.
        accept: statuses that `parse` understands; any other becomes an error.
        repeatable: whether sending it twice does no more than sending it once.
    """

    asked: str
    method: Method
    path: str
    parse: Callable[[Reply], T_co]
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Path | None = None
    accept: frozenset[int] = frozenset(range(200, 300))
    repeatable: bool = False

    @property
    def may_repeat(self) -> bool:
        """Whether it can be sent again when nobody knows if it arrived."""
        return self.repeatable or self.method in _REPEATABLE or "Idempotency-Key" in self.headers

    def read(self, reply: Reply) -> T_co:
        """The value that a reply carries.

        Raises:
            QubixError: the error that the reply carries, or InternalError for an answer that makes no sense.
        """
        if reply.status not in self.accept:
            raise from_wire(status=reply.status, body=_json_or_none(reply.body))
        try:
            return self.parse(reply)
        except (ValidationError, ValueError) as error:
            raise InternalError(
                asked=self.asked,
                obstacle=f"the answer ({reply.status}, {len(reply.body)} bytes) is not one that this version reads",
                remedy="Check that the address is a QUBIX platform's, and that SDK and platform have the same version.",
                details={"path": self.path},
            ) from error


class Page(Sequence[T_co]):
    """Part of a list. `total` is how long the whole list is."""

    def __init__(self, items: Sequence[T_co], *, total: int) -> None:
        self._items = tuple(items)
        self.total: Final = total

    @overload
    def __getitem__(self, index: int) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T_co, ...]: ...
    def __getitem__(self, index: int | slice) -> T_co | tuple[T_co, ...]:
        return self._items[index]

    def __iter__(self) -> Iterator[T_co]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"Page({list(self._items)!r}, total={self.total})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """A step of a flow: let so many seconds pass."""

    seconds: float


def one(model: type[ModelT]) -> Callable[[Reply], ModelT]:
    """A parser for a body that is one model."""
    return lambda reply: model.model_validate_json(reply.body)


def optional(model: type[ModelT]) -> Callable[[Reply], ModelT | None]:
    """A parser for a body that is one model or null."""
    return lambda reply: None if reply.body.strip() == b"null" else model.model_validate_json(reply.body)


def several(model: type[ModelT]) -> Callable[[Reply], Page[ModelT]]:
    """A parser for a list, whose full length is in `X-Total-Count`."""
    adapter = TypeAdapter(list[model])  # type: ignore[valid-type]  # a type made at run time

    def parse(reply: Reply) -> Page[ModelT]:
        items = adapter.validate_json(reply.body)
        return Page(items, total=int(reply.headers.get("x-total-count", len(items))))

    return parse


def body_of(model: WireModel, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The arguments of a Call that send a model as JSON, without what was left at its default."""
    content = model.model_dump_json(by_alias=True, exclude_defaults=True).encode()
    return {"body": content, "headers": {"Content-Type": "application/json", **(headers or {})}}


def _json_or_none(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None
