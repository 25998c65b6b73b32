"""A devnet's wallets, whose seeds everybody knows. Where there is no devnet, these routes know of none."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, status

from qubix.schemas.states import Scope
from qubix.schemas.wallets import (
    DevelopmentDeposit,
    DevelopmentPayment,
    DevelopmentSignature,
    DevelopmentWallet,
    SigningRequest,
)
from qubix_platform.chain import deposits
from qubix_platform.wallets import development
from qubix_serve.dependencies import Context, Token, user_caller
from qubix_serve.onchain import require_chain
from qubix_serve.paging import Listed

router = APIRouter(prefix="/api/wallet/development", tags=["wallet"])

Number = Annotated[int, Path(ge=0, description="Which of the wallets, from 0.")]


@router.get("")
async def list_development_wallets(context: Context, whole: Listed) -> list[DevelopmentWallet]:
    """A devnet's wallets that anybody may sign in with. 404 where the platform does not run on a devnet."""
    return whole.of(await asyncio.to_thread(development.wallets, is_devnet=context.settings.is_devnet))


@router.post("/{number}/sign")
async def sign_with_development_wallet(
    number: Number, request: SigningRequest, context: Context
) -> DevelopmentSignature:
    """Sign a challenge of this platform with a devnet's wallet, for `/connect`. 404 where there is no devnet."""
    settings = context.settings
    return await asyncio.to_thread(
        development.sign, number, request.message, domain=settings.domain, is_devnet=settings.is_devnet
    )


@router.post("/{number}/deposit", status_code=status.HTTP_202_ACCEPTED)
async def deposit_from_development_wallet(
    number: Number, request: DevelopmentDeposit, context: Context, token: Token
) -> DevelopmentPayment:
    """Pay from a devnet's wallet to the caller's deposit address, on the chain. 404 where there is no devnet."""
    is_devnet = context.settings.is_devnet
    async with context.database.transaction() as session:
        caller = await user_caller(session, context, token)
        caller.require(Scope.MONEY)
        payer = await asyncio.to_thread(development.address_of, number, is_devnet=is_devnet)
        destination = (await deposits.address_of(session, caller.user_id)).address
    # The chain is asked when no transaction is open: it may take its time.
    chain = require_chain(context.chain, asked=f"Paying from development wallet {number}")
    balance, now = await chain.balance(payer), await chain.tick_info()
    signed = await asyncio.to_thread(
        development.payment,
        number,
        address=destination,
        amount=request.amount,
        balance=balance.balance,
        tick=now.tick,
        is_devnet=is_devnet,
    )
    transaction_id = await chain.broadcast(signed.encode())
    return DevelopmentPayment(
        transaction_id=transaction_id,
        source=payer,
        destination=destination,
        amount=signed.amount,
        tick=signed.tick,
    )
