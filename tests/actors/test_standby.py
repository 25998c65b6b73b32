"""A machine stands by, takes over, and is followed by another one: on a real database and a played cluster."""

from qubix_actors.leader import Leader
from tests.actors.cluster import PlayedCluster
from tests.actors.waiting import Waiting
from tests.platform.market_life import Market


async def test_who_stands_by_goes_on_when_the_first_machine_is_lost_and_another_stands_by_then(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting
) -> None:
    first, near = await market.machine(price=100, location="de"), await market.machine(price=200, location="de")
    second, third = await market.machine(price=300, location="us"), await market.machine(price=400, location="fr")
    for machine in (first, near, second, third):
        cluster.join(machine.worker_id)
    job = await market.job(await market.consumer(), standby=True)
    runs, waits = await cluster.next_launch(), await cluster.next_launch()
    assert [one.worker_id for one in (runs, waits)] == [first.worker_id, second.worker_id]
    assert (runs.spec.waits, waits.spec.waits) == (False, True)

    cluster.leave(first.worker_id)

    another = await cluster.next_launch()
    assert another.worker_id == near.worker_id  # apart from the second machine now
    taken = await waiting.until_attempt(job.id, 2, "ASSIGNED")
    assert taken.id == waits.spec.attempt_id
    assert [(one.status, one.is_standby) for one in await waiting.attempts(job.id)] == [
        ("LOST", False),
        ("ASSIGNED", False),
        ("ASSIGNED", True),
    ]
