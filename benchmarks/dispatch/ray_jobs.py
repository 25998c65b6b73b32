"""Ray's own Jobs API: a driver process for each job, submitted over HTTP. Its client is a process of its own."""

import time
from dataclasses import asdict
from typing import Final

from ray.job_submission import JobStatus, JobSubmissionClient

from benchmarks.children import answer_parent, in_child, plan_of_child
from benchmarks.dispatch.plan import PROBE, Measured, Plan, one_after_another
from benchmarks.dispatch.ray_head import OwnCluster

_NAME: Final = "Ray Jobs API"
_LOOK_SECONDS: Final = 0.02


def measure(plan: Plan, cluster: OwnCluster, *, python: str) -> Measured:
    """Measure on a cluster that runs, with a dashboard.

    Args:
        plan: how much; a job takes it about a second.
        cluster: where.
        python: the interpreter that runs the probe.

    Raises:
        ContenderFailed: it did not run.
    """
    given = asdict(plan) | {"dashboard": cluster.dashboard, "python": python}
    return Measured.from_json(in_child(__name__, given, environment=cluster.environment))


def _main() -> None:
    given = plan_of_child()
    client = JobSubmissionClient(given["dashboard"])
    entrypoint = f"{given['python']} -c '{PROBE}'"

    def run_one() -> int:
        job = client.submit_job(entrypoint=entrypoint)
        _wait(client, job)
        return _first_line(client.get_job_logs(job))

    run_one()
    idle = one_after_another(given["idle"], run_one)
    began = time.perf_counter()
    jobs = [client.submit_job(entrypoint=entrypoint) for _ in range(given["burst"])]
    for job in jobs:
        _wait(client, job)
    seconds = time.perf_counter() - began
    answer_parent(Measured(name=_NAME, idle_ms=idle, burst_jobs=given["burst"], burst_seconds=seconds).to_json())


def _wait(client: JobSubmissionClient, job: str) -> None:
    while not (status := client.get_job_status(job)).is_terminal():
        time.sleep(_LOOK_SECONDS)
    if status != JobStatus.SUCCEEDED:
        raise RuntimeError(f"job {job} ended as {status}: {client.get_job_logs(job)[-500:]}")


def _first_line(log: str) -> int:
    """What the probe said, among Ray's own lines."""
    return next(int(line) for line in log.splitlines() if line.strip().isdecimal())


if __name__ == "__main__":
    _main()
