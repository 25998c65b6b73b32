from qubix.schemas.providers import MachineJob
from qubix.schemas.states import AttemptStatus
from qubix_platform.auth.callers import UserCaller
from qubix_platform.providers.history import service as history
from tests.platform.providers.garage import Garage
from tests.platform.providers.test_service import finish_job, start_job


async def listed(
    garage: Garage, owner: UserCaller, *, limit: int = 10, offset: int = 0
) -> tuple[list[MachineJob], int]:
    async with garage.database.transaction() as session:
        return await history.of_user(session, owner.user_id, provider_id=None, limit=limit, offset=offset)


async def test_what_machines_ran_is_told_to_their_owner_with_what_it_earned(garage: Garage) -> None:
    owner, stranger = await garage.owner(), await garage.owner()
    answer = await garage.online(owner)
    done = await start_job(garage, answer, owner)
    await finish_job(garage, *done, seconds=100)
    running = await start_job(garage, answer, owner)

    found, total = await listed(garage, owner)
    assert total == 2
    assert [(one.attempt_id, one.job_id) for one in found] == [running, done]
    assert [one.status for one in found] == [AttemptStatus.RUNNING, AttemptStatus.COMPLETED]
    assert (found[0].earned, found[0].ended_at) == (0, None)
    earned = await garage.scalar("select earned from attempts where id = :id", id=done[0])
    assert found[1].earned == earned > 0
    assert found[1].billable_seconds >= 100
    assert {one.worker_id for one in found} == {answer.provider.worker_id}

    assert ([one.job_id for one in (await listed(garage, owner, limit=1, offset=1))[0]]) == [done[1]]
    assert await listed(garage, stranger) == ([], 0)


async def test_one_machine_of_several_is_told_by_itself(garage: Garage) -> None:
    owner = await garage.owner()
    first, second = await garage.online(owner, worker_id="machine-1"), await garage.online(owner, worker_id="machine-2")
    _, job_id = await start_job(garage, second, owner)
    for answer, jobs in ((first, []), (second, [job_id])):
        async with garage.database.transaction() as session:
            found, total = await history.of_user(
                session, owner.user_id, provider_id=answer.provider.id, limit=10, offset=0
            )
        assert ([one.job_id for one in found], total) == (jobs, len(jobs))
