"""Long jobs on a whole platform whose hours last six seconds: paid on the way, and ended where the money ends."""

import time
from collections.abc import Iterator

import pytest

from qubix import Client
from qubix.schemas.jobs import Job as JobInfo
from qubix.schemas.states import Cause, JobStatus
from tests.platform_process import PlatformProcess, new_port, temporary_home

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("long jobs"), pytest.mark.timeout(300)]

EVERY, MARGIN, AHEAD = 6, 14, 7
PATIENCE = 120
SLEEPER = "import sys, time\nfor second in range(int(sys.argv[1])):\n    print(second, flush=True)\n    time.sleep(1)"


@pytest.fixture(scope="module")
def operator() -> Iterator[Client]:
    """The operator of a platform of its own."""
    with pytest.MonkeyPatch.context() as environment, temporary_home() as home:
        for name, value in (("EVERY", EVERY), ("MARGIN", MARGIN)):
            environment.setenv(f"QUBIX_SETTLE_{name}_S", str(value))
        environment.setenv("QUBIX_STOP_AHEAD_S", str(AHEAD))
        with PlatformProcess(home, port=new_port(), arguments=["--simulate", "RTX 4090:2"]) as process:
            facts = process.ready()
            with Client(facts["url"], facts["apiKey"]) as client:
                yield client


def consumer(operator: Client, name: str, *, balance: int) -> Client:
    client = Client(operator.url, operator.create_user(name).key)
    client.credit(balance)
    return client


def look_until(client: Client, job_id: object, wanted: JobStatus) -> list[JobInfo]:
    """Each state of a job that could be seen on the way."""
    seen = [news for news in client.job(str(job_id)).watch() if isinstance(news, JobInfo)]
    assert seen[-1].status is wanted, seen[-1]
    return seen


def test_a_provider_is_paid_while_the_job_goes_on(operator: Client) -> None:
    price = operator.offers()[0].price
    quote_limit = 60
    with consumer(operator, "ana", balance=10 * price) as ana:
        quote = ana.quote(gpu_count=1, max_price=price, timeout=quote_limit)
        assert quote.settle_every_seconds == EVERY
        assert (quote.price_per_hour, quote.obstacles) == (price, [])
        job = ana.submit(
            source=SLEEPER, arguments=["25"], gpu_count=1, max_price=price, timeout=quote_limit, name="long"
        )
        assert job.latest.hold_amount == quote.hold == -(-price * (EVERY + MARGIN) // 3600)
        seen = look_until(ana, job.id, JobStatus.COMPLETED)
        assert any(info.settled_amount > 0 for info in seen if info.status is JobStatus.RUNNING)
        receipt = job.receipt()
        assert [(one.billed, one.cause) for one in receipt.stretches] == [(True, "SETTLED"), (True, "COMPLETED")]
        assert receipt.stretches[0].end % EVERY == 0
        assert sum(one.amount for one in receipt.stretches) == receipt.cost == price * receipt.stretches[-1].end // 3600
        assert receipt.provider_amount + receipt.fee + receipt.refund == receipt.hold
        assert ana.me().balance == 10 * price - receipt.cost


def test_a_job_ends_where_the_money_ends_and_its_provider_is_paid_for_all_of_it(operator: Client) -> None:
    price = operator.offers()[0].price
    balance = -(-price * (EVERY + MARGIN) // 3600)
    with consumer(operator, "bob", balance=balance) as bob:
        began = time.monotonic()
        job = bob.submit(source=SLEEPER, arguments=["200"], gpu_count=1, max_price=price, timeout=240, name="poor")
        seen = look_until(bob, job.id, JobStatus.FAILED)
        assert time.monotonic() - began < PATIENCE
        assert seen[-1].cause is Cause.OUT_OF_FUNDS
        assert any(info.funds_end_at is not None for info in seen)
        receipt = job.receipt()
        used = receipt.attempts[-1].billable_seconds
        assert EVERY + MARGIN - AHEAD - 1 <= used <= EVERY + MARGIN
        assert receipt.cost == price * used // 3600
        assert bob.me().balance == balance - receipt.cost
