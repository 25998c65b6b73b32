"""The routes of the archive: what ran, as far as it has come."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qubix.qubic import identity
from qubix.qubic.errors import InvalidIdentity
from qubix_platform.qubic.devnet import wire
from qubix_platform.qubic.devnet.node import Devnet
from qubix_platform.qubic.devnet.repository import Search

_LARGEST_PAGE: Final = 1000
_DEFAULT_PAGE: Final = 10
_MOST_HITS: Final = 10_000
_SIDES: Final = frozenset({"source", "destination"})

Query = Callable[[Devnet, Mapping[str, Any], int], Response]


class _Unusable(ValueError):
    """A query asks for something that cannot be; the text says what."""


def last_processed_tick(devnet: Devnet, _: Mapping[str, Any], last: int) -> Response:
    """How far the archive has come."""
    interval = devnet.chain.interval_of(last)
    assert interval is not None
    return JSONResponse(
        {
            "tickNumber": last,
            "epoch": interval.epoch,
            "intervalInitialTick": interval.first,
            "logTickNumber": last,
        }
    )


def transaction_by_hash(devnet: Devnet, body: Mapping[str, Any], last: int) -> Response:
    """One transaction that ran."""
    found = devnet.archived(str(body.get("hash", "")))
    if found is None or found.transaction.tick > last:
        return wire.failure(wire.NOT_FOUND, "transaction not found")
    return JSONResponse({"transaction": wire.transaction(found)})


def transactions_for_tick(devnet: Devnet, body: Mapping[str, Any], last: int) -> Response:
    """What ran in one tick."""
    tick = _number(body.get("tickNumber"), name="tickNumber")
    if tick > last:
        raise _Unusable(f"invalid tick number: requested tick number {tick} is greater than last processed tick {last}")
    if devnet.chain.interval_of(tick) is None:
        following = min(interval.first for interval in devnet.chain.intervals if interval.first > tick)
        raise _Unusable(
            f"invalid tick number: provided tick number {tick} was skipped by the system, "
            f"next available tick is {following}"
        )
    return JSONResponse({"transactions": [wire.transaction(found) for found in devnet.archived_in(tick)]})


def transactions_for_identity(devnet: Devnet, body: Mapping[str, Any], last: int) -> Response:
    """What an address took part in, newest first."""
    search = _search(body, last=last)
    total, found = devnet.search(search)
    return JSONResponse(
        {
            "validForTick": last,
            "hits": {"total": total, "from": search.offset, "size": search.size},
            "transactions": [wire.transaction(one) for one in found],
        }
    )


def _search(body: Mapping[str, Any], *, last: int) -> Search:
    try:
        address = identity.decode(str(body.get("identity", "")))
        filters = {name: identity.decode(str(value)) for name, value in _object(body, "filters").items()}
    except InvalidIdentity as error:
        raise _Unusable(f"invalid identity: {error.obstacle}") from error
    if set(filters) - _SIDES or any(value != address for value in filters.values()):
        raise _Unusable("this devnet filters only by source or destination, and only by the identity itself")
    ranges = _object(body, "ranges")
    if set(ranges) - {"tickNumber"}:
        raise _Unusable("this devnet knows only the range of tickNumber")
    bounds = {name: _number(bound, name=name) for name, bound in _object(ranges, "tickNumber").items()}
    if set(bounds) - {"gte", "gt", "lte", "lt"}:
        raise _Unusable("a range has the bounds gte, gt, lte and lt")
    pagination = _object(body, "pagination")
    offset = _number(pagination.get("offset", 0), name="offset")
    size = _number(pagination.get("size", 0), name="size") or _DEFAULT_PAGE
    if size > _LARGEST_PAGE or offset + size > _MOST_HITS:
        raise _Unusable(f"a page has at most {_LARGEST_PAGE} transactions, of the first {_MOST_HITS}")
    return Search(
        address=address,
        sides=frozenset(filters) or _SIDES,
        first_tick=max(bounds.get("gte", 0), bounds.get("gt", -1) + 1),
        last_tick=min(last, bounds.get("lte", last), bounds.get("lt", last + 1) - 1),
        offset=offset,
        size=size,
    )


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name) or {}
    if not isinstance(found, Mapping):
        raise _Unusable(f"{name} is not an object")
    return found


def _number(value: object, *, name: str) -> int:
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal()):
        raise _Unusable(f"{name} is not a whole number")
    return int(text)


def _route(path: str, query: Query, *, method: str = "POST") -> Route:
    return Route(path, _endpoint(query, has_body=method == "POST"), methods=[method])


def _endpoint(query: Query, *, has_body: bool) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        devnet: Devnet = request.app.state.devnet
        said = await request.body()
        try:
            body = await wire.body(request) if has_body else {}
            last = devnet.archive_view(subject=f"{request.url.path} {said.decode(errors='replace')}")
            return query(devnet, body, last)
        except wire.BadBody:
            return wire.failure(wire.INVALID_ARGUMENT, "the body is no JSON object")
        except _Unusable as error:
            return wire.failure(wire.INVALID_ARGUMENT, str(error))

    return endpoint


ROUTES: Final = [
    _route("/query/v1/getLastProcessedTick", last_processed_tick, method="GET"),
    _route("/query/v1/getTransactionByHash", transaction_by_hash),
    _route("/query/v1/getTransactionsForTick", transactions_for_tick),
    _route("/query/v1/getTransactionsForIdentity", transactions_for_identity),
]
