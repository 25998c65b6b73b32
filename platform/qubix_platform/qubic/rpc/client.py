"""The network's routes as methods.

Whether a transaction was dropped is a question of money: an archive that has not come to its tick yet answers "not
found" just as one that has. Ask `transactions_for_tick` of the target tick: its answer says that this very archive
knows the tick, so a transaction that is not in it never ran and never will.
"""

import base64
import ipaddress
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, Self, TypeVar

import httpx

from qubix.errors import InvalidRequest
from qubix.qubic.transaction import Transaction
from qubix_platform.qubic.rpc import answers
from qubix_platform.qubic.rpc.answers import (
    Balance,
    ChainTransaction,
    LastProcessedTick,
    TickInfo,
    TransactionPage,
)
from qubix_platform.qubic.rpc.errors import BroadcastUncertain, ChainRefused, ChainUnavailable, TickNotProcessed
from qubix_platform.qubic.rpc.exchange import Call, Exchange, NoAnswer
from qubix_platform.qubic.rpc.policy import RpcPolicy

Answer = TypeVar("Answer")

LARGEST_PAGE: Final = 1000
# The only words by which the archive tells a tick that never was from one that is still to come.
_SKIPPED: Final = "was skipped"
_NOT_FOUND: Final = 5


class QubicRpc:
    """A client of one server of the network, to be used in `async with`.

    Args:
        url: of the server, without a path.
        policy: how patient to be.
        transport: how requests travel; httpx's own way by default.
    """

    def __init__(
        self, url: str, *, policy: RpcPolicy | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self._policy = policy or RpcPolicy()
        self._http = httpx.AsyncClient(
            base_url=self.url,
            timeout=httpx.Timeout(self._policy.answer_seconds, connect=self._policy.connect_seconds),
            transport=transport,
            # No proxy stands between this machine and itself.
            trust_env=not _is_loopback(httpx.URL(self.url).host),
        )
        self._exchange = Exchange(self._http, self._policy)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def tick_info(self) -> TickInfo:
        """Where the chain is.

        Raises:
            ChainUnavailable: no usable answer.
        """
        call = Call(asked="Asking where the Qubic chain is", method="GET", path="/live/v1/tick-info")
        return await self._value(call, TickInfo.from_json)

    async def balance(self, identity: str) -> Balance:
        """What an identity holds.

        Raises:
            ChainRefused: it is no identity.
            ChainUnavailable: no usable answer.
        """
        call = Call(asked=f"Asking for the balance of {identity}", method="GET", path=f"/live/v1/balances/{identity}")
        return await self._value(call, Balance.from_json)

    async def broadcast(self, raw: bytes) -> str:
        """Hand a signed transaction to the network, and return its id. That it was relayed does not mean that it runs.

        The bytes are sent again after a failure. That is safe, for they are the same transaction: its id covers every
        byte, the network knows it by its id and runs it once at most, in the one tick that is part of it. What must
        not be repeated is signing, which makes another transaction.

        Raises:
            InvalidTransaction: these are not the bytes of a signed transaction.
            ChainRefused: the network did not take it, and has not taken it before.
            BroadcastUncertain: an attempt may have arrived, and no answer says whether it did.
            ChainUnavailable: nothing was sent at all.
        """
        hash_ = Transaction.decode(raw).id()
        call = Call(
            asked=f"Broadcasting transaction {hash_}",
            method="POST",
            path="/live/v1/broadcast-transaction",
            body={"encodedTransaction": base64.b64encode(raw).decode()},
        )
        lost: list[NoAnswer] = []
        try:
            response = await self._exchange.ask(call, on_failure=lost.append)
        except ChainUnavailable as error:
            if any(attempt.may_have_arrived for attempt in lost):
                raise _uncertain(call, error.obstacle) from error
            raise
        if response.is_client_error:
            # A refusal because the tick is over says nothing of an earlier attempt, which came in time perhaps.
            if any(attempt.may_have_arrived for attempt in lost):
                raise _uncertain(call, f"an earlier attempt was lost, the last one refused: {_message(response)}")
            raise _refused(call, response)
        try:
            answered = _read(call, response, lambda answer: str(answer["transactionId"]))
        except ChainUnavailable as error:
            raise _uncertain(call, error.obstacle) from error
        if answered != hash_:
            raise _uncertain(call, f"it was answered as another transaction, {answered}")
        return hash_

    async def last_processed_tick(self) -> LastProcessedTick:
        """How far the archive has come.

        Raises:
            ChainUnavailable: no usable answer.
        """
        call = Call(asked="Asking how far the archive is", method="GET", path="/query/v1/getLastProcessedTick")
        return await self._value(call, LastProcessedTick.from_json)

    async def transaction(self, hash_: str) -> ChainTransaction | None:
        """The transaction of this id, when the archive knows it. None is no proof that it will not run, or did not.

        Raises:
            ChainRefused: it is no id.
            ChainUnavailable: no usable answer.
        """
        call = _query(f"Asking for transaction {hash_}", "getTransactionByHash", {"hash": hash_})
        response = await self._exchange.ask(call)
        if _is_not_found(response):
            return None
        return self._taken(call, response, answers.one_transaction)

    async def transactions_for_tick(self, tick: int) -> tuple[ChainTransaction, ...]:
        """Every transaction that ran in a tick that the archive has processed; none for a tick that was skipped.

        Raises:
            TickNotProcessed: the archive that answered has not come to it.
            ChainUnavailable: no usable answer.
        """
        call = _query(f"Asking what ran in tick {tick}", "getTransactionsForTick", {"tickNumber": tick})
        response = await self._exchange.ask(call)
        if response.is_client_error:
            if _is_not_found(response) or _SKIPPED in _message(response):
                return ()
            raise TickNotProcessed(
                asked=call.asked, obstacle=_message(response), remedy="It is asked again when the archive is there."
            )
        return self._taken(call, response, answers.transactions)

    async def transactions_for_identity(
        self, identity: str, *, first_tick: int = 0, last_tick: int | None = None, offset: int = 0, size: int = 100
    ) -> TransactionPage:
        """One page of the transactions that an identity sent or received, newest first.

        What a contract paid out, such as a payment of SendMany, is not among them.

        Args:
            identity: whose.
            first_tick: only from this tick on.
            last_tick: only up to this tick.
            offset: how many of the newest to leave out.
            size: how many to return at most, 1 to 1,000.

        Raises:
            ChainRefused: it is no identity.
            ChainUnavailable: no usable answer.
        """
        ticks = {"gte": str(first_tick)} | ({} if last_tick is None else {"lte": str(last_tick)})
        body = {
            "identity": identity,
            "filters": {},
            "ranges": {"tickNumber": ticks},
            "pagination": {"offset": offset, "size": size},
        }
        call = _query(f"Asking for the transactions of {identity}", "getTransactionsForIdentity", body)
        return await self._value(call, TransactionPage.from_json)

    async def _value(self, call: Call, read: Callable[[Mapping[str, Any]], Answer]) -> Answer:
        return self._taken(call, await self._exchange.ask(call), read)

    @staticmethod
    def _taken(call: Call, response: httpx.Response, read: Callable[[Mapping[str, Any]], Answer]) -> Answer:
        if response.is_client_error:
            raise _refused(call, response)
        return _read(call, response, read)


def _query(asked: str, name: str, body: dict[str, Any]) -> Call:
    return Call(asked=asked, method="POST", path=f"/query/v1/{name}", body=body)


def _read(call: Call, response: httpx.Response, read: Callable[[Mapping[str, Any]], Answer]) -> Answer:
    try:
        return read(response.json())
    except (ValueError, KeyError, TypeError, AttributeError, InvalidRequest) as error:
        raise ChainUnavailable(
            asked=call.asked,
            obstacle=f"the answer of {response.url.host} makes no sense ({type(error).__name__}: {error})",
            remedy="See whether QUBIX_CHAIN_URL names a server of the Qubic network.",
        ) from error


def _is_not_found(response: httpx.Response) -> bool:
    """Whether the archive says so: a 404 of anybody else, who has no such route, says nothing about the chain."""
    try:
        return response.status_code == HTTPStatus.NOT_FOUND and response.json()["code"] == _NOT_FOUND
    except (ValueError, KeyError, TypeError):
        return False


def _message(response: httpx.Response) -> str:
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"an answer {response.status_code} without an explanation"


def _refused(call: Call, response: httpx.Response) -> ChainRefused:
    return ChainRefused(
        asked=call.asked,
        obstacle=_message(response),
        remedy="Send something else; asking the same again gives the same answer.",
        details={"chainStatus": response.status_code},
    )


def _uncertain(call: Call, obstacle: str) -> BroadcastUncertain:
    return BroadcastUncertain(
        asked=call.asked,
        obstacle=f"it may have reached the network, or may not: {obstacle}",
        remedy="Broadcast the same bytes again, and look for it when its target tick is processed.",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
