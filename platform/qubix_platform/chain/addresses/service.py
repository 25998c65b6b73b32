"""Giving out addresses. They are derived ahead by the one process that has the keys; here nobody sees a key."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.qubic import identity
from qubix_platform.chain.addresses import repository
from qubix_platform.chain.errors import ChainSilent, NoAddressFree
from qubix_platform.chain.keys import KeyRing
from qubix_platform.chain.model import Address, AddressPurpose

POOL: Final = 64
"""So many addresses of each purpose wait to be given out."""
_POOLED: Final = (AddressPurpose.DEPOSIT, AddressPurpose.ESCROW)


async def assign(session: AsyncSession, *, purpose: AddressPurpose, owner: UUID) -> Address:
    """The address of a user or escrow: the one it has, else one that nobody has had.

    Raises:
        NoAddressFree: all that were derived ahead are taken.
    """
    await repository.hold_owner(session, owner)
    known = await repository.of_owner(session, purpose=purpose, owner=owner)
    taken = known or await repository.assign(session, purpose=purpose, owner=owner)
    if taken is None:
        raise NoAddressFree(
            asked=f"An address for {'deposits' if purpose is AddressPurpose.DEPOSIT else 'an escrow'}",
            obstacle="every address that was derived ahead is taken",
            remedy="Try again in a few seconds; if it lasts, `qubix status` shows whether the chain's process runs.",
        )
    return taken


async def internal(session: AsyncSession, purpose: AddressPurpose) -> Address:
    """The hot wallet or the treasury.

    Raises:
        ChainSilent: the chain's process never ran, so there is none yet.
    """
    address = (await repository.internal(session)).get(purpose)
    if address is None:
        raise ChainSilent(
            asked=f"The platform's {purpose.value} identity",
            obstacle="the process that has the keys has not run yet",
            remedy="`qubix status` shows whether it runs.",
        )
    return address


async def fill_pool(session: AsyncSession, ring: KeyRing, *, treasury: str | None, size: int = POOL) -> int:
    """Derive what is missing: the hot wallet, the treasury unless it is kept elsewhere, and addresses to give out.

    Args:
        session: the caller's transaction.
        ring: the keys.
        treasury: the identity of a treasury whose key is not here.
        size: how many of each purpose shall be free.

    Returns:
        How many addresses were made.
    """
    await _derive(session, ring, AddressPurpose.HOT, 0)
    await _choose_treasury(session, ring, treasury)
    made = 0
    for purpose in _POOLED:
        first = await repository.next_index(session, purpose)
        for index in range(first, first + size - await repository.count_free(session, purpose)):
            await _derive(session, ring, purpose, index)
            made += 1
    return made


async def _choose_treasury(session: AsyncSession, ring: KeyRing, treasury: str | None) -> None:
    present = (await repository.internal(session)).get(AddressPurpose.TREASURY)
    if treasury is None:
        if present is None:
            await _derive(session, ring, AddressPurpose.TREASURY, 0)
    elif present is None or present.identity != treasury:
        await repository.insert(
            session,
            purpose=AddressPurpose.TREASURY,
            index=await repository.next_index(session, AddressPurpose.TREASURY),
            public_key=identity.decode_wallet(treasury),
            identity=treasury,
            is_ours=False,
        )


async def _derive(session: AsyncSession, ring: KeyRing, purpose: AddressPurpose, index: int) -> None:
    key = ring.keys(purpose, index)
    await repository.insert(
        session, purpose=purpose, index=index, public_key=key.public_key, identity=key.identity, is_ours=True
    )
