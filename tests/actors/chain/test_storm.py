"""All faults of the devnet at random: in the end ledger and chain agree to the QU."""

from collections.abc import Callable

import pytest

from tests.actors.chain.bank import Bank
from tests.actors.chain.storm import Storm


async def test_a_short_storm(bank: Bank, record_property: Callable[[str, object], None]) -> None:
    outcome = await Storm(bank, seed=1, deposits=20, withdrawals=20).blow()
    record_property("chain", f"20 deposits of {outcome.deposited:,} QU, 20 withdrawals of {outcome.withdrawn:,} QU")


@pytest.mark.proof
@pytest.mark.timeout(1500)
async def test_the_whole_storm(bank: Bank, record_property: Callable[[str, object], None]) -> None:
    outcome = await Storm(bank, seed=2, deposits=500, withdrawals=500).blow()
    record_property(
        "chain",
        f"500 deposits of {outcome.deposited:,} QU and 500 withdrawals of {outcome.withdrawn:,} QU agree to the QU,"
        f" {outcome.restarts} restarts",
    )
