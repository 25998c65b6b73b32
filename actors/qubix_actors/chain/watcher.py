"""Reads every processed tick once, and counts the confirmations of what came in."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final

import structlog

from qubix_actors.chain.each import each
from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.network import Network
from qubix_platform.chain.transactions import repository
from qubix_platform.chain.transactions.model import Recorded
from qubix_platform.chain.transactions.states import confirmations
from qubix_platform.chain.watching import repository as state
from qubix_platform.chain.watching import service
from qubix_platform.chain.watching.payments import payments
from qubix_platform.database.session import Database
from qubix_platform.qubic.rpc import ChainTransaction, TickNotProcessed

log = structlog.get_logger(__name__)

_TICKS_AT_ONCE: Final = 32
_SEEN_AT_ONCE: Final = 1000


class Watcher:
    """Takes in what the ticks show. The cursor stands in the database, so that no tick is skipped or counted twice.

    Args:
        database: where the cursor is.
        network: the archive.
    """

    def __init__(self, database: Database, network: Network) -> None:
        self._database = database
        self._network = network
        self._stuck = 0

    @property
    def stuck(self) -> int:
        """How many payments could not be confirmed in the last round; the log says why."""
        return self._stuck

    async def round(self, *, processed: int) -> None:
        """Read on, up to the last processed tick or a good way towards it.

        Raises:
            ChainUnavailable: the archive gave no answer; the next round asks again.
        """
        async with self._database.transaction() as session:
            await state.begin(session, processed)
            cursor = await state.cursor(session)
        assert cursor is not None, "it was made just now"
        upto = min(processed, cursor.last_tick + _TICKS_AT_ONCE)
        if upto > cursor.last_tick:
            await self._read(after=cursor.last_tick, upto=upto)
        await self._confirm(processed)

    async def _read(self, *, after: int, upto: int) -> None:
        ticks = range(after + 1, upto + 1)
        answers = await asyncio.gather(
            *(self._network.transactions_for_tick(tick) for tick in ticks), return_exceptions=True
        )
        found: list[ChainTransaction] = []
        reached = after
        for tick, answer in zip(ticks, answers, strict=True):
            if isinstance(answer, BaseException):
                if reached == after and not isinstance(answer, TickNotProcessed):
                    raise answer
                break  # what comes after a tick that is not known waits for it
            found.extend(answer)
            reached = tick
        if reached > after:
            concerning = await self._concerning(found)
            async with self._database.transaction() as session:
                await service.take_in(session, after=after, upto=reached, found=concerning)

    async def _concerning(self, found: Sequence[ChainTransaction]) -> list[ChainTransaction]:
        """Those that touch an address of ours and were really signed by their source."""
        keys = {one.hash: {one.transaction.source, *(payment.public_key for payment in payments(one))} for one in found}
        if not keys:
            return []
        async with self._database.transaction() as session:
            ours = await addresses.by_public_keys(session, set().union(*keys.values()))
        concerning = []
        for one in found:
            if not keys[one.hash].isdisjoint(ours):
                if one.is_genuine():
                    concerning.append(one)
                else:
                    log.critical("forged_transaction_shown", transaction=one.hash, tick=one.transaction.tick)
        return concerning

    async def _confirm(self, processed: int) -> None:
        async with self._database.transaction() as session:
            waiting = await repository.seen_ones(session, limit=_SEEN_AT_ONCE)
        further = [one for one in waiting if _confirmations(one, processed) > one.confirmations]
        self._stuck = await each("payment", further, partial(self._confirm_one, processed))

    async def _confirm_one(self, processed: int, payment: Recorded) -> None:
        async with self._database.transaction() as session:
            await service.confirm_seen(session, payment, processed=processed)


def _confirmations(payment: Recorded, processed: int) -> int:
    assert payment.tick is not None, "what was seen has a tick"
    return confirmations(tick=payment.tick, processed=processed)
