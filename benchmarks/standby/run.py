"""A job saves its state, its machine goes, and its first line elsewhere is awaited: with a machine that stood by, and
without one."""

from collections.abc import Sequence
from typing import Final

from benchmarks.dispatch.qubix_jobs import warm_up
from benchmarks.failover.outage import Outage, machine_of
from benchmarks.figures import Spread
from benchmarks.machine import load
from benchmarks.report import Aim, Section, Table
from benchmarks.stand import MAX_PRICE, MODEL, NotReady, Stand, own_stand, wait_for
from benchmarks.standby.estate import part
from qubix.client import Client
from qubix.job import Job
from qubix.schemas.states import LogStream

TAKEOVERS: Final = 20
FAILOVERS: Final = 10

_SAVED: Final = "7"
# Says what it goes on from and when it runs, saves its state, and goes on until it is stopped.
_SCRIPT: Final = f"""
import os, pathlib, time
state = pathlib.Path(os.environ["QUBIX_CHECKPOINT"]) / "state"
print(state.read_text() if state.exists() else "nothing", time.time_ns(), flush=True)
state.write_text("{_SAVED}")
time.sleep(600)
"""
_READY_SECONDS: Final = 60.0
_TAKEOVER_SECONDS: Final = 2.0


def run(*, quick: bool, takeovers: int | None = None) -> Section:
    """Measure both on a platform of the benchmark's own.

    Args:
        quick: a few of each.
        takeovers: how many, in place of the usual number.

    Raises:
        DemoFailed, NotReady: a part did not run, a job did not move, or it began anew.
    """
    times = {True: takeovers or (2 if quick else TAKEOVERS), False: 1 if quick else FAILOVERS}
    began = load()
    with own_stand() as stand, stand.client() as client:
        part(stand)
        seconds = {
            stands_by: [_lose(stand, client, stands_by=stands_by) for _ in range(times[stands_by])]
            for stands_by in times
        }
    spreads = {stands_by: Spread.of(taken) for stands_by, taken in seconds.items()}
    return Section(
        name="standby",
        tables=[table(spreads)],
        aims=aims(spreads),
        data={
            "takeoverSeconds": [round(each, 4) for each in seconds[True]],
            "failoverSeconds": [round(each, 4) for each in seconds[False]],
            "loadBefore": began,
            "loadAfter": load(),
        },
    )


def table(spreads: dict[bool, Spread]) -> Table:
    """With a machine that stood by, and without."""
    titles = {True: "takeover by a machine that stood by", False: "failover to a machine that did not"}
    return Table(
        title="From SIGKILL of a provider's machine to the job's first line elsewhere, gone on from its checkpoint",
        columns=("what happens", "times", "p50 s", "p99 s", "lowest", "highest"),
        rows=[
            (
                titles[stands_by],
                str(found.count),
                *(f"{each:.2f}" for each in (found.p50, found.p99, found.low, found.high)),
            )
            for stands_by, found in spreads.items()
        ],
    )


def aims(spreads: dict[bool, Spread]) -> Sequence[Aim]:
    """What was aimed for, against what was measured."""
    found = spreads[True]
    return [
        Aim(name=f"takeover, {name}", measured=measured, kind="below", bound=_TAKEOVER_SECONDS, unit="s")
        for name, measured in (("p50", found.p50), ("p99", found.p99))
    ]


def _lose(stand: Stand, client: Client, *, stands_by: bool) -> float:
    """Lose the machine of one job that saved its state; seconds to its first line elsewhere."""
    assert stand.home is not None
    warm_up(client)  # on each machine: so both are back, and ready for a job
    job = client.submit(
        source=_SCRIPT, name="standby" if stands_by else "failover", gpu=MODEL, max_price=MAX_PRICE, timeout=900,
        memory_mib=256, standby=stands_by,
    )  # fmt: skip
    _first_line(job, attempt=1)
    job.take_checkpoint()
    wait_for(lambda: job.checkpoints, bool, seconds=_READY_SECONDS, what=f"a checkpoint of {job!r}")
    if stands_by:
        wait_for(lambda: _is_guarded(job), bool, seconds=_READY_SECONDS, what=f"a machine that stands by for {job!r}")
    worker_id = job.info.worker_id
    assert worker_id is not None
    struck = machine_of(stand.home, worker_id).strike(Outage.KILLED)
    state, elsewhere = _first_line(job, attempt=2)
    job.cancel()
    wait_for(lambda: job.status, lambda status: status.is_final, seconds=_READY_SECONDS, what=f"the end of {job!r}")
    if state != _SAVED:
        raise NotReady(f"{job!r} went on from {state}, and not from its checkpoint")
    return (elsewhere - struck) / 1e9


def _is_guarded(job: Job) -> bool:
    return any(each.is_standby and each.ready_at and not each.status.is_final for each in job.monitor().attempts)


def _first_line(job: Job, *, attempt: int) -> tuple[str, int]:
    """What the attempt said first: what it went on from, and when; once it can be read."""
    lines = wait_for(
        lambda: [each.text for each in job.logs() if each.attempt == attempt and each.stream is LogStream.STDOUT],
        bool,
        seconds=_READY_SECONDS,
        what=f"the first line of attempt {attempt} of {job!r}",
    )
    state, at = lines[0].split()
    return state, int(at)
