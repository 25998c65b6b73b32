"""Deposits: an address of the user's own, and what came in on it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.chain import Deposit, DepositAddress
from qubix_platform.chain.addresses.service import assign
from qubix_platform.chain.model import AddressPurpose, Purpose
from qubix_platform.chain.transactions import repository
from qubix_platform.chain.transactions.states import ChainStatus


async def address_of(session: AsyncSession, user_id: UUID) -> DepositAddress:
    """The identity that the user's deposits go to; the same one every time.

    Raises:
        NoAddressFree: they have none yet, and all that were derived ahead are taken.
    """
    address = await assign(session, purpose=AddressPurpose.DEPOSIT, owner=user_id)
    return DepositAddress(address=address.identity)


async def of_user(session: AsyncSession, user_id: UUID, *, limit: int, offset: int) -> tuple[list[Deposit], int]:
    """The user's deposits, newest first, and how many there are."""
    found, total = await repository.of_user(
        session, user_id=user_id, purpose=Purpose.DEPOSIT, limit=limit, offset=offset
    )
    return [
        Deposit(
            id=one.id,
            amount=one.amount,
            source=one.source,
            tick=one.tick or 0,
            hash=one.hash or "",
            confirmations=one.confirmations,
            credited=one.status is ChainStatus.CONFIRMED,
            seen_at=one.created_at,
        )
        for one in found
    ], total
