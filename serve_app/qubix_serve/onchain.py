"""What the chain says a wallet holds, or why it does not say."""

import asyncio
from dataclasses import dataclass
from typing import Final

from qubix_platform.qubic.rpc import ChainRefused, ChainUnavailable, QubicRpc

# Somebody waits for the rest of the answer.
PATIENCE_SECONDS: Final = 2.0


@dataclass(frozen=True, kw_only=True)
class OnChain:
    """An amount, QU, as of a tick; or the reason why there is none."""

    amount: int | None = None
    tick: int | None = None
    reason: str | None = None


def require_chain(chain: QubicRpc | None, *, asked: str) -> QubicRpc:
    """The chain.

    Raises:
        ChainUnavailable: this platform is not connected to one.
    """
    if chain is None:
        raise ChainUnavailable(
            asked=asked,
            obstacle="this platform is not connected to a chain",
            remedy="Start it with one: `qubix up` brings a devnet along.",
        )
    return chain


async def look_up(chain: QubicRpc | None, address: str) -> OnChain:
    """Ask the chain what an identity holds, for two seconds at most."""
    if chain is None:
        return OnChain(reason="this platform is not connected to a chain")
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await chain.balance(address)
    except TimeoutError:
        return OnChain(reason=f"the chain did not answer within {PATIENCE_SECONDS:g} s")
    except (ChainUnavailable, ChainRefused) as error:
        return OnChain(reason=error.obstacle)
    return OnChain(amount=found.balance, tick=found.valid_for_tick)
