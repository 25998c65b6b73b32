"""A consumer's own transfer to an escrow: unsigned out, signed back in, relayed by who has the network."""

import base64
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.qubic import identity
from qubix.qubic.errors import InvalidTransaction
from qubix.qubic.transaction import Transaction
from qubix.schemas.chain import Escrow as EscrowView
from qubix.schemas.chain import EscrowPayment, UnsignedTransaction
from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.errors import ChainSilent
from qubix_platform.chain.escrows import service
from qubix_platform.chain.escrows.errors import SignedTransactionRefused
from qubix_platform.chain.escrows.model import Escrow
from qubix_platform.chain.escrows.states import EscrowStatus
from qubix_platform.chain.model import Address, Purpose
from qubix_platform.chain.service import network_tick
from qubix_platform.chain.transactions import repository as transactions
from qubix_platform.chain.transactions.model import Recorded, Sighting
from qubix_platform.chain.transactions.states import ChainStatus
from qubix_platform.chain.transactions.transition import announce

SIGNING_TICKS: Final = 60
"""So many ticks a person has to sign."""
_LATEST_TICKS: Final = 2 * SIGNING_TICKS
_RELAYED_AT_ONCE: Final = 3
_UNDER_WAY: Final = frozenset({ChainStatus.SIGNED, ChainStatus.BROADCAST, ChainStatus.SEEN})


async def view(session: AsyncSession, escrow: Escrow) -> EscrowView:
    """An escrow as its consumer sees it, with a fresh transaction to sign while it awaits one."""
    address = await addresses.get(session, escrow.address_id) if escrow.address_id is not None else None
    return EscrowView(
        escrow_id=escrow.id,
        source=escrow.source,
        status=escrow.status,
        amount=escrow.amount,
        paid=escrow.paid,
        job_id=escrow.job_id,
        address=address.identity if address else None,
        payer=escrow.payer,
        expires_at=escrow.expires_at,
        created_at=escrow.created_at,
        unsigned_transaction=await _unsigned(session, escrow, address),
        payments=[_payment(one) for one in await transactions.of_ref(session, str(escrow.id))],
    )


def read_signed(encoded: str) -> Transaction:
    """The transaction that a wallet signed; its signature is not checked here.

    Raises:
        SignedTransactionRefused: these are not the bytes of one.
    """
    try:
        return Transaction.decode(base64.b64decode(encoded, validate=True))
    except (ValueError, InvalidTransaction) as error:
        raise _refused("it is not a signed transaction in base64") from error


async def relay(session: AsyncSession, *, user_id: UUID, escrow_id: UUID, signed: Transaction) -> Escrow:
    """Have a transfer broadcast that the escrow's payer has signed; its signature was checked before.

    The same transaction again changes nothing.

    Raises:
        EscrowNotFound: the user has no such escrow.
        SignedTransactionRefused: it is not a transfer of the payer's to the escrow, or its tick is over.
        ChainSilent: the chain was not heard for a while.
    """
    escrow = await service.get(session, user_id=user_id, escrow_id=escrow_id)
    if escrow.status is not EscrowStatus.AWAITING or escrow.address_id is None:
        raise _refused(f"the escrow awaits no payment: it is {escrow.status.value}")
    address = await addresses.get(session, escrow.address_id)
    tick = await network_tick(session)
    if signed.destination != address.public_key or identity.encode(signed.source) != escrow.payer:
        raise _refused(f"it is not a transfer from {escrow.payer} to {address.identity}")
    if signed.input_type or signed.payload or signed.amount <= 0:
        raise _refused("it is not a plain transfer of some QU")
    if signed.tick <= tick:
        raise _refused(f"its tick {signed.tick} is over: the chain is at {tick}")
    if signed.tick > tick + _LATEST_TICKS:
        raise _refused(f"its tick {signed.tick} is too far away: the chain is at {tick}")
    relayed = [one for one in await transactions.of_ref(session, str(escrow.id)) if one.status in _UNDER_WAY]
    if len(relayed) >= _RELAYED_AT_ONCE and signed.id() not in {one.hash for one in relayed}:
        raise _refused(f"{len(relayed)} other transfers to it are under way already")
    sighting = Sighting(
        tick=signed.tick,
        digest=signed.digest(),
        leg=0,
        hash=signed.id(),
        source=identity.encode(signed.source),
        amount=signed.amount,
        public_key=address.public_key,
    )
    made = await transactions.insert_in(
        session,
        sighting,
        purpose=Purpose.ESCROW,
        ref=str(escrow.id),
        user_id=user_id,
        address=address,
        status=ChainStatus.SIGNED,
        raw=signed.encode(),
    )
    if made is not None:
        await announce(session, await transactions.get(session, made))
    return escrow


async def _unsigned(session: AsyncSession, escrow: Escrow, address: Address | None) -> UnsignedTransaction | None:
    if escrow.status is not EscrowStatus.AWAITING or address is None or escrow.payer is None:
        return None
    try:
        tick = await network_tick(session)
    except ChainSilent:
        return None  # a payment from any wallet still counts; there is only no tick to aim at
    unsigned = Transaction(
        source=identity.decode(escrow.payer),
        destination=address.public_key,
        amount=escrow.missing,
        tick=tick + SIGNING_TICKS,
    )
    return UnsignedTransaction(
        encoded=base64.b64encode(unsigned.unsigned_bytes()).decode(),
        digest=unsigned.digest().hex(),
        source=escrow.payer,
        destination=address.identity,
        amount=unsigned.amount,
        tick=unsigned.tick,
    )


def _payment(one: Recorded) -> EscrowPayment:
    return EscrowPayment(
        id=one.id,
        direction=one.direction.value,
        purpose=one.purpose.value,
        source=one.source,
        destination=one.destination,
        amount=one.amount,
        status=one.status.value,
        confirmations=one.confirmations,
        tick=one.tick,
        hash=one.hash,
        reason=one.error,
    )


def _refused(obstacle: str) -> SignedTransactionRefused:
    return SignedTransactionRefused(
        asked="Relaying a payment to an escrow",
        obstacle=obstacle,
        remedy="Sign the unsignedTransaction that the escrow shows now, and send it before its tick.",
    )
