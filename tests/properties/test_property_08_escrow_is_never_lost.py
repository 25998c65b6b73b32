"""Property 8, against the real database: random histories of money, looked at after every step."""

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.errors import QubixError
from qubix_platform.database.session import Database
from tests.properties.against_database import AGAINST_DATABASE
from tests.properties.money_life import MoneyLife, Step, opening_steps, steps

HOW = ("once", "once", "twice", "crash", "crash, then again")


class Crashed(Exception):
    """The process ended before it could commit."""


@settings(AGAINST_DATABASE, max_examples=100)
@given(
    history=st.lists(st.tuples(steps(), st.sampled_from(HOW)), max_size=14),
    opening=st.integers(4_500, 20_000),
    hours=st.integers(0, 3),
    price=st.integers(0, 10**7),
)
async def test_property_08_escrowed_funds_are_never_lost(
    database: Database, history: list[tuple[Step, str]], opening: int, hours: int, price: int
) -> None:
    """Feature: qubix-enterprise-upgrade, Property 8: For any history of deposits, holds, partial settlements, top-ups,
    cancels, failures and refunds, with any of its steps crashed or repeated, funds stay in escrow until they are owed,
    then go to provider, platform and consumer to the last QU, and never anywhere else. They come free in the end even
    where a runner goes on saying that it runs, and reports nothing."""
    life = await MoneyLife.begin(database, price=price)
    for step in opening_steps(opening, hours=hours):
        await life.take(step)
    for step, how in history:
        if how.startswith("crash"):
            await crash_in(life, step)
        if how != "crash":
            await life.take(step)
        if how == "twice" and step.kind != "pass time":
            await life.repeat(step)
        await life.check()
    await life.outlast()
    await life.check()


async def crash_in(life: MoneyLife, step: Step) -> None:
    try:
        async with life.database.transaction() as session:
            await life.work(step)(session)
            raise Crashed
    except (Crashed, QubixError):
        await life.forget_what_never_was()
