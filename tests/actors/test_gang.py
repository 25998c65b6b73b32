"""A gang is launched as a whole, and as a whole again when one of its machines is lost."""

from qubix_actors.leader import Leader
from tests.actors.cluster import PlayedCluster
from tests.actors.waiting import Waiting
from tests.platform.market_life import Market


async def test_the_loss_of_one_machine_launches_all_workers_anew(
    leader: Leader, market: Market, cluster: PlayedCluster, waiting: Waiting
) -> None:
    machines = [await market.machine(gpus=2, price=price, location="de") for price in (100, 200, 300)]
    for machine in machines:
        cluster.join(machine.worker_id)
    job = await market.job(await market.consumer(), workers=4)
    first = [await cluster.next_launch() for _ in range(4)]
    assert sorted(one.spec.rank for one in first) == [0, 1, 2, 3]
    assert {one.worker_id for one in first} == {machine.worker_id for machine in machines[:2]}
    assert all(one.spec.waits and one.spec.world_size == 4 for one in first)
    assert {tuple(one.spec.peers) for one in first} == {("worker-0", "worker-1", "worker-2", "worker-3")}

    cluster.leave(machines[0].worker_id)

    again = [await cluster.next_launch() for _ in range(4)]
    assert sorted(one.spec.rank for one in again) == [0, 1, 2, 3]
    assert {one.spec.number for one in again} == {2}
    assert {one.worker_id for one in again} == {machine.worker_id for machine in machines[1:]}
    statuses = [(one.number, one.status) for one in await waiting.attempts(job.id)]
    assert sorted(statuses) == [(1, "CANCELLED")] * 2 + [(1, "LOST")] * 2 + [(2, "ASSIGNED")] * 4
