"""Sockets that are signed in, and whether what they signed in with still holds."""

import asyncio
from contextlib import suppress
from typing import Final
from uuid import UUID

import structlog

from qubix.errors import QubixError
from qubix_platform.auth import service as auth
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import Database
from qubix_serve.live.hub import Ending, Subscriber

log = structlog.get_logger(__name__)

CHECK_SECONDS: Final = 5.0
SIGNED_OUT: Final = Ending(code=4401, reason="signed out: the key or session was revoked or has expired")


class SignIns:
    """Ends the sockets of keys and sessions that were revoked or have expired, within `period` seconds.

    One question to the database for all sockets of the replica: ten thousand of them must not each ask their own.
    """

    def __init__(self, database: Database, *, period: float = CHECK_SECONDS) -> None:
        self._database = database
        self._period = period
        self._by_credential: dict[UUID, set[Subscriber]] = {}
        self._credentials: dict[Subscriber, UUID] = {}
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "SignIns":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def add(self, subscriber: Subscriber, caller: UserCaller) -> None:
        """A socket signed in; what it had signed in with before counts no more."""
        self.remove(subscriber)
        self._credentials[subscriber] = caller.credential_id
        self._by_credential.setdefault(caller.credential_id, set()).add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        """A socket left, if it had signed in."""
        credential = self._credentials.pop(subscriber, None)
        if credential is None:
            return
        others = self._by_credential[credential]
        others.discard(subscriber)
        if not others:
            del self._by_credential[credential]

    async def check(self) -> None:
        """End the sockets whose sign-in holds no more.

        Raises:
            DatabaseUnavailable: it cannot be told now.
        """
        if not self._by_credential:
            return
        async with self._database.transaction() as session:
            ended = await auth.ended(session, tuple(self._by_credential))
        for credential in ended:
            for subscriber in tuple(self._by_credential.get(credential, ())):
                self.remove(subscriber)
                subscriber.end(SIGNED_OUT)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._period)
            try:
                await self.check()
            except QubixError as error:  # it is asked again; meanwhile no event can be read either
                log.warning("sign_ins_not_checked", reason=error.obstacle)
            except Exception:
                log.exception("sign_ins_not_checked")
