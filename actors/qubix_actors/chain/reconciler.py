"""Compares chain and books every so many ticks, and stops all payments where they differ."""

from typing import Final

import structlog

from qubix_platform.chain.network import Network
from qubix_platform.chain.reconciliation import repository, service
from qubix_platform.chain.reconciliation.judge import Difference, Probe
from qubix_platform.database.session import Database
from qubix_platform.ledger.repository import hold_snapshot
from qubix_platform.qubic.rpc import ChainRefused

log = structlog.get_logger(__name__)

_ADDRESSES_AT_ONCE: Final = 200
_PAGE: Final = 100


class Reconciler:
    """Asks what each address holds, and compares it once the books are as far as the answer.

    Args:
        database: the books.
        network: the chain.
        every: ticks from one comparison to the next.
    """

    def __init__(self, database: Database, network: Network, *, every: int) -> None:
        self._database = database
        self._network = network
        self._every = every
        self._probes: list[Probe] = []
        self._asked_at: int | None = None
        self._last_id = 0
        self._oldest: int | None = None
        self._agreed_at: int | None = None

    @property
    def agreed_at(self) -> int | None:
        """A tick as of which the addresses that were compared last held what the books say."""
        return self._agreed_at

    async def round(self, *, tick: int) -> None:
        """Ask the chain where it is due, and judge the answers that the books have caught up with.

        Raises:
            ChainUnavailable: the network gave no answer; the next round asks again.
        """
        if not self._probes and (self._asked_at is None or tick >= self._asked_at + self._every):
            self._probes = await self._ask(since=tick - self._every if self._asked_at is None else self._asked_at)
            self._asked_at = tick
            self._oldest = min((probe.tick for probe in self._probes), default=None)
        if not self._probes:
            return
        asked = self._probes
        async with self._database.transaction() as session:
            await hold_snapshot(session)
            differences, self._probes = await service.compare(session, asked)
            mirrors = await service.mirror_differences(session)
        if not self._probes and not differences:
            self._agreed_at = self._oldest
        for difference in [*mirrors, *differences]:
            await self._stop(difference)

    async def _ask(self, *, since: int) -> list[Probe]:
        async with self._database.transaction() as session:
            wanted = await repository.to_probe(session, since=since, after=self._last_id, limit=_ADDRESSES_AT_ONCE)
        # The next ones next time; after the last one the first again.
        self._last_id = wanted[-1].id if len(wanted) == _ADDRESSES_AT_ONCE else 0
        probes = []
        for address in wanted:
            answer = await self._network.balance(address.identity)
            probes.append(
                Probe(
                    address_id=address.id,
                    identity=address.identity,
                    purpose=address.purpose,
                    tick=answer.valid_for_tick,
                    balance=answer.balance,
                )
            )
        return probes

    async def _stop(self, difference: Difference) -> None:
        named = await self._culprits(difference.probe) if difference.probe is not None else []
        reason = difference.sentence + (f"; the books do not know {', '.join(named)}" if named else "")
        async with self._database.transaction() as session:
            await service.stop(session, reason=reason, transactions=named)

    async def _culprits(self, probe: Probe) -> list[str]:
        """Transactions of the address that the books do not account for."""
        try:
            page = await self._network.transactions_for_identity(probe.identity, last_tick=probe.tick, size=_PAGE)
        except ChainRefused:
            return []
        hashes = [one.hash for one in page.transactions if one.money_flew]
        async with self._database.transaction() as session:
            known = await repository.known_hashes(session, hashes)
        return [one for one in hashes if one not in known]
