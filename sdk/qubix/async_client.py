"""The asynchronous client."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, Unpack
from uuid import UUID, uuid4

import httpx

from qubix import endpoints, flows, submission
from qubix.account_methods import AsyncAccountMethods
from qubix.array_methods import AsyncArrayMethods
from qubix.async_job import AsyncJob
from qubix.book_methods import AsyncBookMethods
from qubix.calls import Page
from qubix.cash_methods import AsyncCashMethods
from qubix.driver import AsyncDriver
from qubix.flows import Pace
from qubix.group_methods import AsyncGroupMethods
from qubix.options import (
    JobFilter,
    JobOptions,
    MarketFilter,
    MatchOptions,
    ProviderChanges,
    QuoteOptions,
    SpendingLimits,
)
from qubix.requests import built, limits_request, match_request, provider_patch, query_of, quote_request
from qubix.reservation_methods import AsyncReservationMethods
from qubix.retries import RetryPolicy
from qubix.schemas.accounts import DevCredit, DevCredited, NewApiKey, User, UserCreate
from qubix.schemas.analysis import Analysis
from qubix.schemas.jobs import JobCreate
from qubix.schemas.market import MatchAnswer
from qubix.schemas.platform import Health
from qubix.schemas.providers import Earnings, JoinToken, JoinTokenRequest, Offer, Provider
from qubix.schemas.quotes import Quote
from qubix.schemas.spending import SpendingLimit
from qubix.schemas.states import Role, Trust
from qubix.settings import connection
from qubix.transport import AsyncTransport


class AsyncClient(
    AsyncAccountMethods,
    AsyncArrayMethods,
    AsyncBookMethods,
    AsyncCashMethods,
    AsyncGroupMethods,
    AsyncReservationMethods,
):
    """A client of a QUBIX platform, for asyncio. Use it as a context manager, or `close()` it.

    Example:
        async with qubix.AsyncClient() as client:
            job = await client.submit("train.py", gpu="RTX 4090", max_price=50_000, timeout="1h")
            print(await job.result())

    Calls that may be repeated are repeated when the connection fails or the platform is not ready; a submission always
    may, because it carries an idempotency key.

    Args:
        url: the platform's address; else `QUBIX_URL`, else the configuration file, else this machine's port 8000.
        api_key: the key; else `QUBIX_API_KEY`, else the configuration file's key for this address.
        transport: what carries the requests, for tests and special networks.
        retries: when to send a call again.
        pace: how often to look at a job that is waited for.

    Raises:
        InvalidRequest: the address or the configuration file cannot be used.
    """

    def __init__(
        self,
        url: str | None = None,
        api_key: str | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        retries: RetryPolicy | None = None,
        pace: Callable[[], Pace] = Pace,
    ) -> None:
        settled = connection(url=url, api_key=api_key)
        self._driver = AsyncDriver(AsyncTransport(settled, http=transport, retries=retries), pace=pace)
        self._send = self._driver.send

    @property
    def url(self) -> str:
        """The platform's address."""
        return self._driver.transport.connection.url

    async def submit(
        self,
        path: submission.Paths | None = None,
        *,
        source: str | None = None,
        command: Sequence[str] | None = None,
        entrypoint: str | None = None,
        **options: Unpack[JobOptions],
    ) -> AsyncJob:
        """Submit a job.

        Args:
            path: a Python script, or a folder that is packed with all that it needs.
            source: a script's text, instead of a path.
            command: a program and its arguments, run in the folder (or in an empty one).
            entrypoint: the script in the folder, `main.py` where it is not given.
            options: what it needs and may cost; see `qubix.options.JobOptions`. `max_price` is required.

        Raises:
            InvalidRequest: it cannot be submitted like this; says what to change.
            InsufficientFunds: the balance does not cover `max_price` for the time limit.
        """
        # Packing a large folder takes its time: not on the event loop.
        made = await asyncio.to_thread(
            submission.of_work, path, source=source, command=command, entrypoint=entrypoint, options=options
        )
        return await self._submit(made)

    async def run_function(
        self,
        function: Callable[..., Any],
        *args: Any,
        keywords: Mapping[str, Any] | None = None,
        **options: Unpack[JobOptions],
    ) -> AsyncJob:
        """Run a function of a module on a rented machine; `job.result()` is what it returns.

        The module's source is sent, so what talks to the platform belongs under `if __name__ == "__main__":`. Arguments
        and result are JSON.

        Args:
            function: a function at the top of its module.
            args: what to call it with.
            keywords: what to call it with by keyword.
            options: as of `submit`.

        Raises:
            InvalidRequest: the function cannot be sent; says why.
            InsufficientFunds: the balance does not cover `max_price` for the time limit.
        """
        return await self._submit(submission.of_function(function, args, keywords or {}, options))

    async def job(self, job_id: UUID | str) -> AsyncJob:
        """A job that was submitted before."""
        return AsyncJob(self._driver, await self._send(endpoints.job(job_id)))

    async def jobs(self, **filters: Unpack[JobFilter]) -> Page[AsyncJob]:
        """Your jobs, newest first."""
        page = await self._send(endpoints.jobs(query_of(filters)))
        return Page([AsyncJob(self._driver, info) for info in page], total=page.total)

    async def offers(self, **filters: Unpack[MarketFilter]) -> Page[Offer]:
        """The marketplace: what can be rented, at which price."""
        return await self._send(endpoints.offers(query_of(filters)))

    async def match(self, **options: Unpack[MatchOptions]) -> MatchAnswer:
        """Offers that fit requirements, best first, with their cost; and why the others do not fit."""
        return await self._send(endpoints.match(match_request(options)))

    async def quote(self, **options: Unpack[QuoteOptions]) -> Quote:
        """What a job would cost at most and likely, and how long your balance lasts."""
        return await self._send(endpoints.quote_job(quote_request(options)))

    async def limits(self) -> Page[SpendingLimit]:
        """The limits that you set on your spending, with what counts against each."""
        return await self._send(endpoints.limits())

    async def set_limits(self, **limits: Unpack[SpendingLimits]) -> Page[SpendingLimit]:
        """Set the limits of your spending, or of one API key's; what is not given is not limited."""
        return await self._send(endpoints.set_limits(limits_request(limits)))

    async def analyze(self, path: submission.Paths) -> Analysis:
        """What a script or notebook seems to need, with the lines that say so. It is parsed, never executed."""
        return await self._send(endpoints.analyze(submission.analysis_of(path)))

    async def providers(self, **filters: Unpack[MarketFilter]) -> Page[Provider]:
        """The machines on the market."""
        return await self._send(endpoints.providers(query_of(filters)))

    async def provider(self, provider_id: UUID | str) -> Provider:
        """One machine."""
        return await self._send(endpoints.provider(provider_id))

    async def my_providers(self) -> Page[Provider]:
        """Your own machines."""
        return await self._send(endpoints.my_providers())

    async def update_provider(self, provider_id: UUID | str, **changes: Unpack[ProviderChanges]) -> Provider:
        """Change one of your machines."""
        return await self._send(endpoints.patch_provider(provider_id, provider_patch(provider_id, changes)))

    async def drain_provider(self, provider_id: UUID | str) -> Provider:
        """Have one of your machines take no more work, and its agent leave once what runs there has ended.

        Only the machine itself brings it back. `update_provider(id, is_available=False)` can be taken back from here.
        """
        return await self._send(endpoints.drain_provider(provider_id))

    async def remove_provider(self, provider_id: UUID | str) -> None:
        """Take one of your machines off the market.

        Raises:
            Conflict: a job runs on it.
        """
        await self._send(endpoints.remove_provider(provider_id))

    async def earnings(self) -> Earnings:
        """What your machines earned, QU."""
        return await self._send(endpoints.earnings())

    async def join_token(self, *, trust: Trust = Trust.GUEST, expires_in_seconds: int = 3600) -> JoinToken:
        """A single-use token for a machine that shall join, with the command to paste there."""
        request = built(JoinTokenRequest, "Making a join token", trust=trust, expires_in_seconds=expires_in_seconds)
        return await self._send(endpoints.join_token(request))

    async def me(self) -> User:
        """Who the API key belongs to, with balance and held amount."""
        return await self._send(endpoints.me())

    async def create_user(self, username: str, *, role: Role = Role.BOTH) -> NewApiKey:
        """Make a user, and their first API key, which is shown here only. Operators of the platform only."""
        request = built(UserCreate, f"Making the user {username}", username=username, role=role)
        return await self._send(endpoints.create_user(request))

    async def credit(self, amount: int) -> DevCredited:
        """Add play money, QU; on a development platform only."""
        request = built(DevCredit, f"Crediting {amount} QU", amount=amount)
        return await self._send(endpoints.credit(request, idempotency_key=str(uuid4())))

    async def health(self) -> Health:
        """The state of each part of the platform."""
        return await self._send(endpoints.health())

    async def close(self) -> None:
        """Close the connections."""
        await self._driver.transport.close()

    async def _submit(self, made: submission.Submission[JobCreate]) -> AsyncJob:
        try:
            flow = flows.create(made.request, made.work, idempotency_key=made.idempotency_key)
            return AsyncJob(self._driver, (await self._driver.run(flow)).job)
        finally:
            made.discard()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
