"""Sending one request to the network as often as is right, and no more than the network can bear."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from qubix_platform.qubic.rpc.errors import ChainUnavailable
from qubix_platform.qubic.rpc.policy import RpcPolicy

# What fails before the first byte of the request is on its way.
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request.

    Attributes:
        asked: what it is for, as the start of a sentence.
        method: GET or POST.
        path: below the network's address.
        body: JSON values, for a POST.
    """

    asked: str
    method: str
    path: str
    body: dict[str, Any] | None = None


class NoAnswer(ChainUnavailable):
    """One attempt failed.

    Attributes:
        may_have_arrived: whether the network may have got the request all the same.
        again: whether another attempt makes sense now.
    """

    may_have_arrived: bool = True
    again: bool = True

    @classmethod
    def to(cls, call: Call, obstacle: str, *, may_have_arrived: bool = True, again: bool = True) -> "NoAnswer":
        """The failure of one attempt."""
        error = cls(
            asked=call.asked,
            obstacle=obstacle,
            remedy="It is asked again; see whether the Qubic network, or the devnet, answers at QUBIX_CHAIN_URL.",
        )
        error.may_have_arrived, error.again = may_have_arrived, again
        return error


class Exchange:
    """The connection to one server of the network.

    Args:
        http: with the server's address as its base.
        policy: how patient to be.
    """

    def __init__(self, http: httpx.AsyncClient, policy: RpcPolicy) -> None:
        self._http = http
        self._policy = policy
        # A caller that goes away says nothing about the network.
        self._breakers = AsyncCircuitBreakerFactory(
            default_threshold=policy.failures, default_ttl=policy.rest_seconds, exclude=[asyncio.CancelledError]
        )

    async def ask(self, call: Call, *, on_failure: Callable[[NoAnswer], None] = lambda _: None) -> httpx.Response:
        """Send a request until there is an answer that is final: anything but 429 and 5xx.

        Args:
            call: has to be safe to repeat.
            on_failure: told of each attempt that failed.

        Raises:
            ChainUnavailable: there was none.
        """

        async def once() -> httpx.Response:
            try:
                return await self._once(call)
            except NoAnswer as error:
                on_failure(error)
                raise

        return await self._repeated(once)

    async def _repeated(self, once: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._policy.attempts),
            wait=wait_random_exponential(multiplier=self._policy.first_pause, max=self._policy.longest_pause),
            retry=retry_if_exception(lambda error: isinstance(error, NoAnswer) and error.again),
            reraise=True,
        )
        return await retrying(once)

    async def _once(self, call: Call) -> httpx.Response:
        breaker = await self._breakers.get_breaker(str(self._http.base_url))
        try:
            async with breaker:
                return await self._send(call)
        except OpenedState as error:
            raise NoAnswer.to(
                call,
                f"the network failed {self._policy.failures} times in a row and is left alone for "
                f"{self._policy.rest_seconds:.0f} s",
                may_have_arrived=False,
                again=False,
            ) from error

    async def _send(self, call: Call) -> httpx.Response:
        try:
            response = await self._http.request(call.method, call.path, json=call.body)
        except httpx.HTTPError as error:
            raise NoAnswer.to(
                call,
                f"{self._http.base_url.host} gave no answer ({type(error).__name__})",
                may_have_arrived=not isinstance(error, _NOT_SENT),
            ) from error
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise NoAnswer.to(call, f"{self._http.base_url.host} answered {response.status_code}")
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise NoAnswer.to(call, f"{self._http.base_url.host} asks for fewer requests", may_have_arrived=False)
        return response
