"""Taking in what the ticks show: payments to our addresses, and what left them without an order."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.qubic import identity
from qubix.schemas.states import EventType
from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.escrows import service as escrows
from qubix_platform.chain.escrows.arrivals import paid_in
from qubix_platform.chain.model import Address, AddressPurpose, Purpose
from qubix_platform.chain.transactions import repository
from qubix_platform.chain.transactions.model import Change, Recorded, Sighting
from qubix_platform.chain.transactions.postings import arrived
from qubix_platform.chain.transactions.states import CONFIRMATIONS, ChainStatus, confirmations
from qubix_platform.chain.transactions.transition import announce, progress, transition
from qubix_platform.chain.watching import repository as state
from qubix_platform.chain.watching.payments import payments
from qubix_platform.events import service as events
from qubix_platform.ledger import service as ledger
from qubix_platform.qubic.rpc import ChainTransaction

log = structlog.get_logger(__name__)

_PURPOSES: Final[Mapping[AddressPurpose, Purpose]] = {
    AddressPurpose.DEPOSIT: Purpose.DEPOSIT,
    AddressPurpose.ESCROW: Purpose.ESCROW,
    AddressPurpose.HOT: Purpose.FUNDING,
    AddressPurpose.TREASURY: Purpose.FUNDING,
}


async def take_in(session: AsyncSession, *, after: int, upto: int, found: Sequence[ChainTransaction]) -> bool:
    """Note everything that the ticks from `after` (left out) to `upto` hold for us, and that they were read.

    Reading ticks again finds what is known and changes nothing.

    Returns:
        False where somebody else has read them meanwhile; nothing was changed then.
    """
    if not await state.advance(session, expected=after, to=upto):
        return False
    sightings = [sighting for transaction in found for sighting in payments(transaction)]
    keys = {sighting.public_key for sighting in sightings} | {one.transaction.source for one in found}
    if not keys:
        return True
    ours = await addresses.by_public_keys(session, keys)
    concerning = [one for one in found if one.transaction.source in ours]
    ordered = await repository.ordered_digests(
        session, {sighting.digest for sighting in sightings} | {one.transaction.digest() for one in concerning}
    )
    for one in concerning:
        if one.money_flew and one.transaction.digest() not in ordered:
            await _unordered(session, one, ours[one.transaction.source])
    for sighting in sightings:
        address = ours.get(sighting.public_key)
        if address is not None and not (address.purpose.is_internal and sighting.digest in ordered):
            await _seen(session, sighting, address)
    return True


async def confirm_seen(session: AsyncSession, transaction: Recorded, *, processed: int) -> None:
    """Count an incoming payment's confirmations; credit it with the third, in one database transaction, once."""
    assert transaction.tick is not None, "what was seen has a tick"
    count = confirmations(tick=transaction.tick, processed=processed)
    if count < CONFIRMATIONS:
        await progress(session, transaction, confirmations=count)
        return
    change = Change(expected=ChainStatus.SEEN, to=ChainStatus.CONFIRMED, confirmations=CONFIRMATIONS)
    confirmed = await transition(session, transaction_id=transaction.id, change=change)
    if confirmed is None:
        return
    await repository.move(
        session,
        transaction_id=confirmed.id,
        tick=transaction.tick,
        amounts=[(confirmed.address_id, confirmed.amount)],
    )
    if confirmed.purpose is Purpose.ESCROW:
        await paid_in(session, confirmed)
        return
    await ledger.post(session, arrived(confirmed))
    if confirmed.user_id is not None:
        await events.record(
            session,
            type=EventType.BALANCE_CHANGED,
            topics=[f"user:{confirmed.user_id}"],
            data={"change": confirmed.amount, "reason": "a deposit was confirmed"},
        )


async def _seen(session: AsyncSession, sighting: Sighting, address: Address) -> None:
    purpose = _PURPOSES[address.purpose]
    user_id = await _concerned(session, address)
    made = await repository.insert_in(
        session,
        sighting,
        purpose=purpose if user_id is not None or purpose is Purpose.FUNDING else Purpose.DEPOSIT,
        ref=str(address.owner or address.identity),
        user_id=user_id,
        address=address,
        status=ChainStatus.SEEN,
    )
    if made is not None:
        await announce(session, await repository.get(session, made))
        return
    known = await repository.incoming(session, sighting.hash, sighting.leg)
    assert known is not None, "it is there already"
    if known.status in (ChainStatus.SIGNED, ChainStatus.BROADCAST):  # we relayed it ourselves
        change = Change(expected=known.status, to=ChainStatus.SEEN, hash=sighting.hash)
        await transition(session, transaction_id=known.id, change=change)


async def _concerned(session: AsyncSession, address: Address) -> UUID | None:
    if address.purpose is AddressPurpose.ESCROW and address.owner is not None:
        return await escrows.consumer_of(session, address.owner)
    return address.owner


async def _unordered(session: AsyncSession, found: ChainTransaction, address: Address) -> None:
    transaction = found.transaction
    made = await repository.insert_unknown(
        session,
        address=address,
        destination=identity.encode(transaction.destination),
        amount=transaction.amount,
        tick=transaction.tick,
        digest=transaction.digest(),
        tx_hash=found.hash,
    )
    if made is None:
        return
    reason = f"{transaction.amount} QU left {address.identity} ({address.purpose.value}) without an order of ours"
    log.critical("chain_halted", reason=reason, transaction=found.hash)
    await state.halt(session, reason=reason, transactions=[found.hash])
