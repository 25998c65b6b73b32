"""The chain as a value: what one step does, and what no history of steps can do."""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.qubic.transaction import Transaction
from qubix_platform.qubic import send_many
from qubix_platform.qubic.devnet.accounts import Account
from qubix_platform.qubic.devnet.chain import Chain, Interval, Step, accept, advance, begin_epoch
from qubix_platform.qubic.send_many import Payment

ALICE, BOB, CAROL = (bytes([number]) * 32 for number in (1, 2, 3))
FIRST = 1000


def chain(**amounts: int) -> Chain:
    names = {"alice": ALICE, "bob": BOB, "carol": CAROL}
    return Chain(
        intervals=(Interval(1, FIRST, FIRST),),
        accounts={names[name]: Account().credited(amount, tick=FIRST) for name, amount in amounts.items()},
    )


def transfer(amount: int, *, tick: int = FIRST + 1, source: bytes = ALICE, destination: bytes = BOB) -> Transaction:
    return Transaction(source=source, destination=destination, amount=amount, tick=tick)


def run(start: Chain, *transactions: Transaction) -> Step:
    for transaction in transactions:
        start = accept(start, transaction)
    return advance(start)


def test_transfer_moves_its_amount_in_its_tick() -> None:
    step = run(chain(alice=100), transfer(30))

    assert [done.money_flew for done in step.executed] == [True]
    assert step.chain.account(ALICE).balance == 70
    assert step.chain.account(BOB) == Account().credited(30, tick=FIRST + 1)
    assert step.chain.account(ALICE).latest_outgoing_tick == FIRST + 1
    assert step.chain.pending == {}


def test_source_that_cannot_pay_runs_without_money() -> None:
    step = run(chain(alice=29), transfer(30))

    assert [done.money_flew for done in step.executed] == [False]
    assert step.changed == {}


def test_amount_of_zero_runs_and_no_money_flies() -> None:
    step = run(chain(alice=29), transfer(0))

    assert [done.money_flew for done in step.executed] == [False]


def test_second_payment_in_a_tick_sees_the_first() -> None:
    step = run(
        chain(alice=50), transfer(30), transfer(30, destination=CAROL), transfer(30, source=BOB, destination=ALICE)
    )

    assert [done.money_flew for done in step.executed] == [True, False, True]
    assert step.chain.account(ALICE).balance == 50


def test_same_transaction_twice_is_one() -> None:
    step = run(chain(alice=100), transfer(30), transfer(30))

    assert len(step.executed) == 1
    assert step.chain.account(BOB).balance == 30


def test_empty_tick_loses_what_was_aimed_at_it() -> None:
    waiting = accept(chain(alice=100), transfer(30))
    step = advance(waiting, empty=True)

    assert step.executed == ()
    assert step.lost == (transfer(30),)
    assert advance(step.chain).executed == ()


def test_send_many_pays_everybody_and_burns_its_fee() -> None:
    payments = [Payment(BOB, 20), Payment(CAROL, 30)]
    step = run(chain(alice=100), send_many.transaction(source=ALICE, payments=payments, tick=FIRST + 1))

    assert [done.money_flew for done in step.executed] == [True]
    assert [step.chain.account(who).balance for who in (ALICE, BOB, CAROL)] == [40, 20, 30]
    assert step.chain.account(send_many.CONTRACT).balance == 0
    assert step.chain.burned == send_many.FEE


def test_send_many_gives_back_what_is_over() -> None:
    over = Transaction(ALICE, send_many.CONTRACT, 90, FIRST + 1, 1, send_many.payload([Payment(BOB, 20)]))
    step = run(chain(alice=100), over)

    assert [step.chain.account(who).balance for who in (ALICE, BOB)] == [70, 20]


def test_send_many_with_too_little_pays_nobody_and_takes_no_fee() -> None:
    short = Transaction(ALICE, send_many.CONTRACT, 29, FIRST + 1, 1, send_many.payload([Payment(BOB, 20)]))
    step = run(chain(alice=100), short)

    assert [done.money_flew for done in step.executed] == [True]
    assert [step.chain.account(who).balance for who in (ALICE, BOB)] == [100, 0]
    assert step.chain.burned == 0


def test_send_many_with_a_negative_amount_gives_everything_back() -> None:
    payload = bytearray(send_many.payload([Payment(BOB, 20)]))
    payload[808:816] = (-5).to_bytes(8, "little", signed=True)
    step = run(chain(alice=100), Transaction(ALICE, send_many.CONTRACT, 50, FIRST + 1, 1, bytes(payload)))

    assert step.chain.account(ALICE).balance == 100


def test_epoch_skips_ticks_and_forgets_what_waited() -> None:
    waiting = accept(accept(chain(alice=100), transfer(30, tick=FIRST + 3)), transfer(30, tick=FIRST + 50))
    step = begin_epoch(waiting, skipped=10)

    assert step.chain.tick == FIRST + 11
    assert step.chain.epoch == 2
    assert step.chain.initial_tick == FIRST + 11
    assert len(step.lost) == 2
    assert step.chain.pending == {}
    assert step.chain.interval_of(FIRST + 5) is None
    assert step.chain.interval_of(FIRST) == Interval(1, FIRST, FIRST)


def test_lag_counts_executed_ticks_across_the_gap() -> None:
    present = advance(advance(chain()).chain).chain
    present = advance(begin_epoch(present, skipped=100).chain).chain

    assert [present.executed_before(lag) for lag in range(7)] == [
        FIRST + 104,
        FIRST + 103,
        FIRST + 2,
        FIRST + 1,
        FIRST,
        FIRST,
        FIRST,
    ]


@dataclass(frozen=True)
class Event:
    """One thing that happens to a chain."""

    kind: str
    amount: int = 0
    source: int = 0
    destination: int = 0
    ahead: int = 1


PEOPLE = [ALICE, BOB, CAROL, send_many.CONTRACT]
EVENTS = st.builds(
    Event,
    kind=st.sampled_from(["transfer", "transfer", "many", "malformed", "tick", "tick", "empty", "epoch", "repeat"]),
    amount=st.integers(0, 200),
    source=st.integers(0, 2),
    destination=st.integers(0, 3),
    ahead=st.integers(1, 4),
)


def submitted(event: Event, tick: int, number: int) -> Transaction:
    source, destination = PEOPLE[event.source], PEOPLE[event.destination]
    if event.kind == "many":
        payments = [Payment(person, event.amount // 3 + 1) for person in PEOPLE[:3]]
        return send_many.transaction(source=source, payments=payments, tick=tick)
    if event.kind == "malformed":
        return Transaction(source, send_many.CONTRACT, event.amount, tick, 1, bytes([event.amount]) * event.amount)
    return Transaction(source, destination, event.amount, tick, 0, number.to_bytes(4, "little"))


@given(st.lists(EVENTS, max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_history_makes_or_loses_money_and_each_transaction_runs_in_its_tick_or_never(events: list[Event]) -> None:
    present = chain(alice=1000, bob=500)
    accepted: list[Transaction] = []
    ran: dict[Transaction, int] = {}
    lost: set[Transaction] = set()
    for number, event in enumerate(events):
        if event.kind == "repeat":
            if accepted and accepted[-1].tick > present.tick:
                present = accept(present, accepted[-1])
                lost.discard(accepted[-1])
            continue
        if event.kind in ("transfer", "many", "malformed"):
            transaction = submitted(event, present.tick + event.ahead, number)
            present = accept(present, transaction)
            accepted.append(transaction)
            continue
        step = (
            begin_epoch(present, skipped=event.ahead)
            if event.kind == "epoch"
            else advance(present, empty=event.kind == "empty")
        )
        for done in step.executed:
            assert done.transaction not in ran
            ran[done.transaction] = step.chain.tick
        lost |= set(step.lost)
        present = step.chain
        assert present.supply + present.burned == 1500
        assert all(account.balance >= 0 for account in present.accounts.values())

    assert all(transaction.tick == tick for transaction, tick in ran.items())
    assert not lost & set(ran)
    waiting = {transaction for transactions in present.pending.values() for transaction in transactions}
    assert set(accepted) == set(ran) | lost | waiting
