"""Property 7, against the real database."""

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix_platform.attempts import ending, reports
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from tests.platform.market_life import POLICY, Market
from tests.properties.against_database import AGAINST_DATABASE

percentages = st.lists(st.floats(min_value=0, max_value=100, allow_nan=False), min_size=1, max_size=8)


@settings(AGAINST_DATABASE, max_examples=100)
@given(first=percentages, second=percentages)
async def test_property_07_progress_only_rises(database: Database, first: list[float], second: list[float]) -> None:
    """Feature: qubix-enterprise-upgrade, Property 7: For any running job, its progress rises monotonically between 0
    and 100, whatever is reported in whatever order, and over a hand-over to another provider as well."""
    market = Market(database)
    consumer, machine = await market.consumer(), await market.machine()
    job = await market.job(consumer)
    seen = [0.0]
    for reported in (first, second):
        spec = await market.assign(job, machine)
        for progress in reported:
            async with database.transaction() as session:
                await reports.report_progress(
                    session, attempt_id=spec.attempt_id, job_id=job.id, progress=progress, sample=None, policy=POLICY
                )
                seen.append((await jobs.get_job(session, caller=consumer, job_id=job.id)).progress)
        async with database.transaction() as session:
            await ending.lose(session, spec.attempt_id, reason="for the test", policy=POLICY)
            seen.append((await jobs.get_job(session, caller=consumer, job_id=job.id)).progress)
    assert seen == sorted(seen)
    assert seen[-1] == max(first + second)
    assert 0 <= seen[-1] <= 100
