"""Property 8 where machines are lost over and over, and what they saved is gone on from."""

from hypothesis import event, given, settings
from hypothesis import strategies as st

from qubix.schemas.states import Cause
from qubix_platform.database.session import Database
from tests.properties.against_database import AGAINST_DATABASE
from tests.properties.money_life import Kind, MoneyLife, Step, opening_steps

numbers = st.integers(1, 6_000)
again = st.sampled_from([1, 1, 2])


def step(kind: Kind, number: int = 1) -> Step:
    return Step(kind, number, 0, Cause.COMPLETED)


@st.composite
def losses(draw: st.DrawFn) -> list[tuple[Step, int]]:
    """Steps of an attempt from its start to its loss and to what the next one goes on from, and how often each is told.

    Some run for hours, which are settled on the way; some resume from something older than the newest."""
    taken = [(step("start"), 1)]
    for _ in range(draw(st.integers(0, 3))):
        taken.append((step("pass time", draw(numbers)), 1))
        if draw(st.booleans()):
            taken.append((step("settle"), draw(again)))
        taken.append((step("save", draw(numbers)), draw(again)))
    taken.append((step("pass time", draw(numbers)), 1))
    taken.append((step(draw(st.sampled_from([kind("lose"), kind("lose"), kind("preempt")]))), draw(again)))
    taken.append((step("assign"), 1))
    taken.append((step("resume", draw(numbers)), draw(again)))
    return taken


def kind(name: Kind) -> Kind:
    return name


@settings(AGAINST_DATABASE, max_examples=60)
@given(
    rounds=st.lists(losses(), min_size=1, max_size=2),
    opening=st.integers(1_500, 6_666).map(lambda third: 3 * third + 2),  # such a job may have three attempts
    price=st.integers(0, 10**7),
    ending=st.sampled_from([kind("complete"), kind("cancel"), kind("lose")]),
)
async def test_a_lost_attempt_is_paid_at_most_once_for_what_was_gone_on_from(
    database: Database, rounds: list[list[tuple[Step, int]]], opening: int, price: int, ending: Kind
) -> None:
    life = await MoneyLife.begin(database, price=price)
    for begun in opening_steps(opening, hours=0):
        await life.take(begun)
    for taken, times in [*(each for one in rounds for each in one), (step("start"), 1), (step(ending), 2)]:
        for _ in range(times):
            await life.repeat(taken)
        await life.check()
    if await life.count_resumed():
        event("an attempt was paid for what was gone on from")
