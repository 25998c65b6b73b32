"""Withdrawals: hold in the books, send from the hot wallet, post when the chain has confirmed."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.qubic import identity
from qubix.schemas.chain import Withdrawal, WithdrawalCreate
from qubix.schemas.states import TransactionType
from qubix_platform.auth.callers import UserCaller
from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.addresses.service import internal
from qubix_platform.chain.model import AddressPurpose, Order, Outlay, Purpose
from qubix_platform.chain.service import stopped
from qubix_platform.chain.transactions import orders
from qubix_platform.chain.transactions import repository as transactions
from qubix_platform.chain.transactions.states import ChainStatus
from qubix_platform.chain.withdrawals import repository
from qubix_platform.chain.withdrawals.errors import AddressOfThePlatform, WithdrawalKeyReused, WithdrawalNotFound
from qubix_platform.chain.withdrawals.life import Moment, status_of, steps_of
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting
from qubix_platform.spending import service as spending


async def request(
    session: AsyncSession, *, caller: UserCaller, wanted: WithdrawalCreate, idempotency_key: str | None = None
) -> Withdrawal:
    """Take a withdrawal in: from here on the amount is on its way, and can be spent no more.

    A repeated `idempotency_key` with the same content gives the withdrawal that it made.

    Raises:
        InvalidIdentity: the address is none that somebody can hold the key of.
        AddressOfThePlatform: it is the platform's own.
        BalanceTooLow: the available balance does not cover it.
        WithdrawalKeyReused: the key came before with other content.
        ChainSilent: the platform has no hot wallet yet.
        LimitedKeysMayNot: the caller's API key has spending limits, and what is withdrawn can be spent anywhere.
    """
    user_id = caller.user_id
    await spending.require_unlimited(session, caller=caller, asked=f"Withdrawing {wanted.amount} QU")
    public_key = identity.decode_wallet(wanted.address)
    if idempotency_key is not None:
        known = await repository.by_key(session, user_id=user_id, key=idempotency_key)
        if known is not None:
            return await _repeated(session, known, wanted, user_id=user_id, key=idempotency_key)
    ours = (await addresses.by_public_keys(session, [public_key])).get(public_key)
    if ours is not None and ours.purpose is not AddressPurpose.DEPOSIT:
        raise AddressOfThePlatform(
            asked=f"Withdrawing {wanted.amount} QU",
            obstacle="the address is one of the platform's own",
            remedy="Give the address of a wallet of yours.",
        )
    withdrawal_id = await repository.insert(
        session,
        user_id=user_id,
        destination=wanted.address,
        amount=wanted.amount,
        idempotency_key=idempotency_key,
    )
    if withdrawal_id is None:
        assert idempotency_key is not None, "only a key can be there already"
        known = await repository.by_key(session, user_id=user_id, key=idempotency_key)
        assert known is not None, "it was there a moment ago"
        return await _repeated(session, known, wanted, user_id=user_id, key=idempotency_key)
    legs = (
        Leg(Account.wallet(user_id), -wanted.amount, LegCause.WITHDRAWAL),
        Leg(Account.withdrawal(withdrawal_id), wanted.amount, LegCause.WITHDRAWAL),
    )
    posting = Posting(f"withdraw:{withdrawal_id}", TransactionType.WITHDRAWAL, str(withdrawal_id), legs)
    await ledger.post(session, posting)
    order = Order(
        purpose=Purpose.WITHDRAWAL,
        ref=str(withdrawal_id),
        user_id=user_id,
        source=await internal(session, AddressPurpose.HOT),
        outlays=(Outlay(wanted.address, wanted.amount),),
    )
    await repository.attach(session, withdrawal_id, transaction_id=await orders.place(session, order))
    return await get(session, user_id=user_id, withdrawal_id=withdrawal_id)


async def get(session: AsyncSession, *, user_id: UUID, withdrawal_id: UUID) -> Withdrawal:
    """A withdrawal of the user's.

    Raises:
        WithdrawalNotFound: they have none like this.
    """
    row = await repository.get(session, withdrawal_id=withdrawal_id, user_id=user_id)
    if row is None:
        raise WithdrawalNotFound(
            asked=f"Looking up withdrawal {withdrawal_id}",
            obstacle="you have none with this id",
            remedy="List yours with GET /api/wallet/withdrawals.",
        )
    life = await transactions.life_of(session, row.transaction_id)
    moments = [Moment(ChainStatus(one.status), one.created_at, one.tick, one.error) for one in life]
    return _view(row, stopped=await stopped(session)).model_copy(update={"steps": steps_of(moments)})


async def of_user(session: AsyncSession, user_id: UUID, *, limit: int, offset: int) -> tuple[list[Withdrawal], int]:
    """A user's withdrawals, newest first, and how many there are."""
    rows, total = await repository.of_user(session, user_id, limit=limit, offset=offset)
    why = await stopped(session)
    return [_view(row, stopped=why) for row in rows], total


async def _repeated(
    session: AsyncSession, known: Row[Any], wanted: WithdrawalCreate, *, user_id: UUID, key: str
) -> Withdrawal:
    if (known.destination, known.amount) != (wanted.address, wanted.amount):
        raise WithdrawalKeyReused(
            asked=f"Withdrawing with the Idempotency-Key {key!r}",
            obstacle="the key came before with another address or amount",
            remedy="Use a new key for a new withdrawal, or repeat the request as it was.",
        )
    return await get(session, user_id=user_id, withdrawal_id=known.id)


def _view(row: Row[Any], *, stopped: str | None) -> Withdrawal:
    waits = ChainStatus(row.status) in (ChainStatus.QUEUED, ChainStatus.DROPPED)
    return Withdrawal(
        id=row.id,
        address=row.destination,
        amount=row.amount,
        status=status_of(ChainStatus(row.status), tries=row.tries),
        tick=row.tick,
        hash=row.hash,
        tries=row.tries,
        reason=row.resolution or (stopped if waits else None) or row.error,
        created_at=row.created_at,
    )
