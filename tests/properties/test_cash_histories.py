"""Random histories of deposits, withdrawals, losses, sweeps, re-scans and crashes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix_platform.database.session import Database
from tests.properties.against_database import AGAINST_DATABASE
from tests.properties.cash_life import CashLife, Move

KINDS = ("arrive", "arrive", "process", "withdraw", "withdraw", "sign", "execute", "lose", "sweep", "again")

moves = st.lists(
    st.builds(
        Move,
        kind=st.sampled_from(KINDS),
        number=st.integers(0, 3),
        amount=st.integers(1, 1_000),
        crashes=st.booleans(),
    ),
    max_size=20,
)


@settings(AGAINST_DATABASE, max_examples=40)
@given(history=moves)
async def test_chain_and_books_agree_whatever_happens(database: Database, history: list[Move]) -> None:
    """Feature: qubix-enterprise-upgrade, Property 4: what came in less what went out is what each customer has, to the
    QU, whatever is lost on the way, seen twice, or interrupted before it commits."""
    life = await CashLife.begin(database)
    for move in history:
        await life.take(move)
        await life.check()
    await life.settle()
    await life.check()
