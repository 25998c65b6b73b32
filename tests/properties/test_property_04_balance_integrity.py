"""Property 4, against the real ledger."""

from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qubix.schemas.states import TransactionType
from qubix_platform.database.session import Database
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.errors import BalanceTooLow
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting
from qubix_platform.ledger.repository import balance_of
from qubix_platform.ledger.verify import verify

amounts = st.integers(min_value=1, max_value=10**12)
movements = st.lists(
    st.one_of(
        st.tuples(st.just("credit"), amounts),
        st.tuples(st.just("debit"), amounts),
        st.tuples(st.just("repeat"), st.just(0)),
    ),
    max_size=12,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=movements)
async def test_property_04_credits_minus_debits_equal_the_balance(
    database: Database, sequence: list[tuple[str, int]]
) -> None:
    """Feature: qubix-enterprise-upgrade, Property 4: For any sequence of transactions, the sum of all credits minus
    debits equals the current wallet balance; a debit that it does not cover changes nothing."""
    user = uuid4()
    expected = 0
    last: Posting | None = None
    for kind, amount in sequence:
        posting = _posting(user, amount if kind == "credit" else -amount) if kind != "repeat" else last
        if posting is None:
            continue
        try:
            async with database.transaction() as session:
                await ledger.post(session, posting)
        except BalanceTooLow:
            assert kind == "debit"
            assert amount > expected
            continue
        if kind != "repeat":
            expected += amount if kind == "credit" else -amount
            last = posting
        assert expected >= 0
    async with database.transaction() as session:
        assert await balance_of(session, Account.wallet(user)) == expected
        assert (await verify(session)).mismatches == ()


def _posting(user: UUID, amount: int) -> Posting:
    key = str(uuid4())
    legs = (
        Leg(Account.issuance(), -amount, LegCause.ISSUANCE),
        Leg(Account.wallet(user), amount, LegCause.ISSUANCE),
    )
    return Posting(key, TransactionType.PAYMENT, key, legs)
