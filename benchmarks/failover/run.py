"""A job runs, its machine goes, and the job's first line on another machine is awaited."""

from collections.abc import Sequence
from typing import Final

from benchmarks.dispatch.qubix_jobs import warm_up
from benchmarks.failover.outage import Outage, machine_of
from benchmarks.figures import Spread
from benchmarks.machine import load
from benchmarks.report import Aim, Section, Table
from benchmarks.stand import MAX_PRICE, MODEL, Stand, own_stand, wait_for
from qubix.client import Client
from qubix.job import Job
from qubix.schemas.states import LogStream

# Says when it runs, and goes on until it is stopped.
_SCRIPT: Final = "import time; print(time.time_ns(), flush=True); time.sleep(600)"
_LINE_SECONDS: Final = 60.0
_BOUND_SECONDS: Final = {Outage.KILLED: 1.0, Outage.FROZEN: 4.0}
_TITLE: Final = {Outage.KILLED: "SIGKILL of a provider's machine", Outage.FROZEN: "a provider's machine freezes"}


def run(*, quick: bool) -> Section:
    """Measure both ways to lose a machine, on a platform of the benchmark's own.

    Raises:
        DemoFailed, NotReady: a part did not run, or a job did not move.
    """
    times = 1 if quick else 5
    began = load()
    with own_stand() as stand, stand.client() as client:
        seconds = {outage: [_lose(stand, client, outage) for _ in range(times)] for outage in Outage}
    spreads = {outage: Spread.of(taken) for outage, taken in seconds.items()}
    return Section(
        name="failover",
        tables=[table(spreads)],
        aims=aims(spreads),
        data={
            "seconds": {outage.name.lower(): [round(each, 4) for each in taken] for outage, taken in seconds.items()},
            "loadBefore": began,
            "loadAfter": load(),
        },
    )


def table(spreads: dict[Outage, Spread]) -> Table:
    """Both ways as rows."""
    return Table(
        title="Failover: from the first signal to the job's first line on another machine",
        columns=("what happens", "times", "p50 s", "lowest", "highest"),
        rows=[
            (_TITLE[outage], str(found.count), f"{found.p50:.2f}", f"{found.low:.2f}", f"{found.high:.2f}")
            for outage, found in spreads.items()
        ],
    )


def aims(spreads: dict[Outage, Spread]) -> Sequence[Aim]:
    """What was aimed for, against what was measured."""
    return [
        Aim(name=f"{_TITLE[outage]}, p50", measured=found.p50, kind="below", bound=_BOUND_SECONDS[outage], unit="s")
        for outage, found in spreads.items()
    ]


def _lose(stand: Stand, client: Client, outage: Outage) -> float:
    """Lose the machine of one job; seconds to its first line elsewhere."""
    assert stand.home is not None
    warm_up(client)  # on each machine: so both are back, and ready for a job
    job = client.submit(
        source=_SCRIPT, name=outage.name.lower(), gpu=MODEL, max_price=MAX_PRICE, timeout=600, memory_mib=256
    )
    _first_line(job, attempt=1)
    worker_id = job.info.worker_id
    assert worker_id is not None
    machine = machine_of(stand.home, worker_id)
    struck = machine.strike(outage)
    try:
        elsewhere = _first_line(job, attempt=2)
    finally:
        if outage is Outage.FROZEN:
            machine.thaw()
    job.cancel()
    wait_for(lambda: job.status, lambda status: status.is_final, seconds=_LINE_SECONDS, what=f"the end of {job!r}")
    return (elsewhere - struck) / 1e9


def _first_line(job: Job, *, attempt: int) -> int:
    """What the attempt's first line said, once it can be read."""
    lines = wait_for(
        lambda: [each.text for each in job.logs() if each.attempt == attempt and each.stream is LogStream.STDOUT],
        bool,
        seconds=_LINE_SECONDS,
        what=f"the first line of attempt {attempt} of {job!r}",
    )
    return int(lines[0])
