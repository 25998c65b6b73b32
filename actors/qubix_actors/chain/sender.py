"""Makes the platform's transactions: signs each once for one tick, broadcasts it, and finds out what became of it."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.qubic import identity
from qubix.qubic.transaction import Transaction
from qubix_actors.chain.each import each
from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.keys import KeyRing
from qubix_platform.chain.network import Network
from qubix_platform.chain.transactions import repository, service
from qubix_platform.chain.transactions.lifecycle import (
    Candidate,
    ChainTime,
    Sight,
    Step,
    affordable,
    next_step,
    target_tick,
)
from qubix_platform.chain.transactions.model import Recorded
from qubix_platform.chain.transactions.states import Direction
from qubix_platform.chain.watching import repository as watching
from qubix_platform.database.session import Database
from qubix_platform.qubic import send_many
from qubix_platform.qubic.rpc import ChainRefused, ChainTransaction, ChainUnavailable, TickNotProcessed

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 1000
_SIGNED_AT_ONCE: Final = 50
_QUEUED_OF_EACH: Final = 100
_CONNECTIONS: Final = 8


class Sender:
    """Carries out what `lifecycle.next_step` says. It keeps no fact: the next one goes on from the database.

    Args:
        database: where the transactions are.
        network: where they go.
        ring: signs them.
        ticks_ahead: from now to the tick that they are signed for.
    """

    def __init__(self, database: Database, network: Network, ring: KeyRing, *, ticks_ahead: int) -> None:
        self._database = database
        self._network = network
        self._ring = ring
        self._ticks_ahead = ticks_ahead
        self._on_the_air: dict[bytes, asyncio.Task[None]] = {}
        self._refused: set[bytes] = set()
        self._stuck = 0
        self._gate = asyncio.Semaphore(_CONNECTIONS)

    @property
    def stuck(self) -> int:
        """How many transactions could not be ended in the last round; the log says why."""
        return self._stuck

    async def round(self, now: ChainTime) -> None:
        """Look once at every transaction that something is to be done about.

        Raises:
            ChainUnavailable: the network gave no answer; the next round asks again.
        """
        async with self._database.transaction() as session:
            due = await repository.due(
                session, tick=now.tick, processed=now.processed, limit=_AT_ONCE, of_each=_QUEUED_OF_EACH
            )
        by_step = defaultdict[Step, list[Recorded]](list)
        for transaction in due:
            by_step[next_step(transaction.life, now)].append(transaction)
        await self._look(by_step[Step.LOOK], now)
        signed = await self._sign(by_step[Step.SIGN], now)
        self._refused &= {transaction.digest for transaction in due if transaction.digest is not None}
        for transaction in [*by_step[Step.BROADCAST], *signed]:
            self._broadcast(transaction)

    async def stop(self) -> None:
        """End what is being broadcast. It may have arrived: the next round finds out."""
        tasks = list(self._on_the_air.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, transactions: Sequence[Recorded], now: ChainTime) -> None:
        ran: dict[int, Sequence[ChainTransaction]] = {}
        for tick in sorted({transaction.tick for transaction in transactions if transaction.tick is not None}):
            try:
                ran[tick] = await self._network.transactions_for_tick(tick)
            except TickNotProcessed:
                continue  # one server of the archive is behind the one that was asked before
        seen = [(transaction, ran[transaction.tick]) for transaction in transactions if transaction.tick in ran]
        self._stuck = await each("transaction", seen, lambda one: self._end(one[0], _sight(*one), now))

    async def _end(self, transaction: Recorded, sight: Sight, now: ChainTime) -> None:
        step = next_step(transaction.life, now, sight)
        async with self._database.transaction() as session:
            match step:
                case Step.CONFIRM:
                    await service.confirm(session, transaction)
                case Step.FAIL:
                    await service.not_moved(session, transaction)
                case Step.DROP:
                    await service.drop(session, transaction, now=now)
                case _:
                    return
        log.info("chain_transaction_ended", transaction=str(transaction.id), step=step.value, tick=transaction.tick)

    async def _sign(self, queue: Sequence[Recorded], now: ChainTime) -> list[Recorded]:
        if not queue:
            return []
        async with self._database.transaction() as session:
            if await watching.halted(session) is not None:
                return []
            chosen = await self._payable(session, queue)
            payable = {transaction.id for transaction in chosen}
            for transaction in queue:
                if transaction.id not in payable:
                    await service.wait_for_funds(session, transaction)
            signed = []
            for transaction in chosen[:_SIGNED_AT_ONCE]:
                tick = target_tick(now, ahead=self._ticks_ahead, tries=transaction.tries)
                made = await self._make(session, transaction, tick=tick)
                stored = await service.sign(
                    session,
                    transaction,
                    tick=made.tick,
                    digest=made.digest(),
                    tx_hash=made.id(),
                    raw=made.encode(),
                )
                if stored:
                    signed.append(transaction.id)
        # Only now, when the signatures are stored for good, may anybody else see them.
        return await self._read(signed)

    async def _payable(self, session: AsyncSession, queue: Sequence[Recorded]) -> list[Recorded]:
        on_the_way = await repository.on_the_way(session)
        by_source = defaultdict[int, list[Recorded]](list)
        for transaction in queue:
            by_source[transaction.address_id].append(transaction)
        chosen: set[UUID] = set()
        for address_id, waiting in by_source.items():
            source = await addresses.get(session, address_id)
            payable = affordable(
                [Candidate(transaction.id, transaction.amount) for transaction in waiting],
                balance=source.balance if source.is_ours else 0,
                on_the_way=on_the_way.get(address_id, 0),
            )
            chosen |= {candidate.id for candidate in payable}
        return [transaction for transaction in queue if transaction.id in chosen]

    async def _make(self, session: AsyncSession, transaction: Recorded, *, tick: int) -> Transaction:
        key = self._ring.keys(transaction.place, transaction.index)
        assert key.identity == transaction.source, "the key file is the one that the addresses were derived from"
        unsigned = _unsigned(transaction, source=key.public_key, tick=tick)
        # Equal payments in one tick are one and the same transaction to the network: the next tick tells them apart.
        while await repository.used_digests(session, [unsigned.digest()]):
            unsigned = _unsigned(transaction, source=key.public_key, tick=unsigned.tick + 1)
        return unsigned.signed(subseed=key.subseed)

    async def _read(self, ids: Sequence[UUID]) -> list[Recorded]:
        async with self._database.transaction() as session:
            return [await repository.get(session, transaction_id) for transaction_id in ids]

    def _broadcast(self, transaction: Recorded) -> None:
        assert transaction.digest is not None, "what is signed has a digest"
        if transaction.digest in self._on_the_air or transaction.digest in self._refused:
            return
        task = asyncio.create_task(self._send(transaction), name=f"broadcast {transaction.id}")
        self._on_the_air[transaction.digest] = task
        task.add_done_callback(partial(self._sent, transaction.digest))

    def _sent(self, digest: bytes, task: asyncio.Task[None]) -> None:
        self._on_the_air.pop(digest)
        if not task.cancelled() and (error := task.exception()) is not None:
            # What was stored is found again by the next round, which broadcasts the same bytes while there is time.
            log.error("broadcast_failed", exc_info=error)

    async def _send(self, transaction: Recorded) -> None:
        assert transaction.raw is not None, "what is signed has its bytes"
        assert transaction.digest is not None, "what is signed has a digest"
        try:
            async with self._gate:
                await self._network.broadcast(transaction.raw)
        except ChainRefused as error:
            # The tick decides all the same: an earlier broadcast of these bytes may have been taken.
            log.warning("broadcast_refused", transaction=str(transaction.id), error=error.obstacle)
            self._refused.add(transaction.digest)
            return
        except ChainUnavailable as error:
            log.info("broadcast_uncertain", transaction=str(transaction.id), error=error.obstacle)
            return
        async with self._database.transaction() as session:
            await service.broadcast(session, transaction)


def _sight(transaction: Recorded, ran: Sequence[ChainTransaction]) -> Sight:
    """What became of it. Ours is signed in one way only; of what a user signed there may be a twin with another
    signature, which has the same digest, and only the id tells which of them ran."""
    if transaction.direction is Direction.OUT:
        found = [one.money_flew for one in ran if one.transaction.digest() == transaction.digest]
    else:
        found = [one.money_flew for one in ran if one.hash == transaction.hash]
    moved = found[0] if found else None
    if moved is None:
        return Sight.ABSENT
    return Sight.MOVED if moved else Sight.NOT_MOVED


def _unsigned(transaction: Recorded, *, source: bytes, tick: int) -> Transaction:
    if transaction.network_fee:
        payments = [send_many.Payment(identity.decode(one.destination), one.amount) for one in transaction.outlays]
        return send_many.transaction(source=source, payments=payments, tick=tick)
    return Transaction(
        source=source,
        destination=identity.decode(transaction.destination),
        amount=transaction.amount,
        tick=tick,
        payload=transaction.payload,
    )
