"""Chain against books: every address at the tick that the chain spoke of, every place against its mirror account."""

from collections.abc import Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.model import AddressPurpose
from qubix_platform.chain.reconciliation import repository
from qubix_platform.chain.reconciliation.judge import Difference, Probe, compare_address, compare_mirrors
from qubix_platform.chain.watching import repository as watching
from qubix_platform.ledger import repository as ledger
from qubix_platform.ledger.model import Account

log = structlog.get_logger(__name__)


async def compare(session: AsyncSession, probes: Sequence[Probe]) -> tuple[list[Difference], list[Probe]]:
    """Judge those probes whose tick is settled in the books.

    Returns:
        The differences, and the probes that it is too early for.
    """
    cursor = await watching.cursor(session)
    read = cursor.last_tick if cursor is not None else -1
    differences, later = [], []
    for probe in probes:
        if probe.tick > read or await repository.is_unresolved(session, tick=probe.tick):
            later.append(probe)
            continue
        expected = await repository.expected(session, address_id=probe.address_id, tick=probe.tick)
        difference = compare_address(probe, expected=expected)
        if difference is not None:
            differences.append(difference)
    return differences, later


async def mirror_differences(session: AsyncSession) -> list[Difference]:
    """Where the ledger's mirror accounts differ from the addresses that they mirror.

    The caller's transaction has to begin with `ledger.repository.hold_snapshot` where others write meanwhile.
    """
    held = await addresses.held(session)
    mirrored = {purpose: await ledger.balance_of(session, Account.chain(purpose.place)) for purpose in AddressPurpose}
    return compare_mirrors(held=held, mirrored=mirrored)


async def stop(session: AsyncSession, *, reason: str, transactions: Sequence[str]) -> None:
    """Stop every payment, loudly. An operator lets them go on, with a reason."""
    if await watching.halt(session, reason=reason, transactions=transactions):
        log.critical("chain_halted", reason=reason, transactions=list(transactions))
