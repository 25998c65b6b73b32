"""The state that a devnet begins with."""

from typing import Final

from qubix.qubic import keys
from qubix.wallets import seeds
from qubix_platform.qubic.devnet.accounts import Account
from qubix_platform.qubic.devnet.chain import Chain, Interval

FIRST_EPOCH: Final = 1
FIRST_TICK: Final = 1_000_000
FAUCET_QU: Final = 10**14
FUNDED_QU: Final = 10**10


def genesis(*, first_tick: int = FIRST_TICK) -> Chain:
    """A chain whose first tick has passed, with money for the faucet and for the development seeds."""
    amounts = {seeds.faucet(): FAUCET_QU} | {seeds.funded(number): FUNDED_QU for number in range(seeds.FUNDED)}
    return Chain(
        intervals=(Interval(FIRST_EPOCH, first_tick, first_tick),),
        accounts={
            keys.derive(seed).public_key: Account().credited(amount, tick=first_tick)
            for seed, amount in amounts.items()
        },
    )
