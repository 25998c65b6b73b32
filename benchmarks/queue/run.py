"""Fill the queue, let it run empty, and hold what the database says against what has to be true."""

import sys
from collections.abc import Sequence
from typing import Final

from benchmarks.dispatch.plan import PROBE
from benchmarks.figures import Spread
from benchmarks.machine import load
from benchmarks.queue.figures import Tally, aims, seconds, stages, table
from benchmarks.queue.ray_calls import measure
from benchmarks.queue.records import Launch, launches
from benchmarks.report import Section
from benchmarks.stand import MAX_PRICE, MODEL, Stand, own_stand, wait_for_providers
from qubix.array import JobArray
from qubix.client import Client
from qubix_serve.demo.host import verify_ledger

JOBS: Final = 1_000
MACHINES: Final = 20

_READY_SECONDS: Final = 600.0
_RUN_SECONDS: Final = 900.0


def run(*, quick: bool, jobs: int | None = None, machines: int | None = None) -> Section:
    """Measure on a platform of the benchmark's own, with one simulated card on each machine.

    Args:
        quick: a glance: few jobs and machines.
        jobs, machines: how many, in place of the usual number.

    Raises:
        DemoFailed, NotReady, ContenderFailed: a part did not run.
    """
    jobs, machines = jobs or (40 if quick else JOBS), machines or (4 if quick else MACHINES)
    began = load()
    providers = [f"{MODEL}:1"] * machines
    with own_stand(providers=providers, patience=_READY_SECONDS) as stand, stand.client() as client:
        wait_for_providers(client, machines)
        _fill(client, machines).wait(_RUN_SECONDS)  # the environment is built, and each node's workers are warm
        wait_for_providers(client, machines)
        array = _fill(client, jobs)
        array.wait(_RUN_SECONDS)
        found = launches(stand, array.id)
        tally = _tally(stand, array, found, jobs=jobs)
        wait_for_providers(client, machines)
        calls = measure(stand, jobs=jobs, python=sys.executable)
    return Section(
        name="queue",
        tables=[table(found, calls)],
        aims=aims(tally),
        data={
            "jobs": jobs,
            "machines": machines,
            "milliseconds": {name: Spread.of(values).to_json() for name, values in stages(found).items()},
            "plainMilliseconds": {
                "launched": Spread.of(calls.launch_ms).to_json(),
                "first line": Spread.of(calls.line_ms).to_json(),
            },
            "seconds": round(seconds(found), 3),
            "plainSeconds": round(calls.seconds, 3),
            "secondsToReady": stand.seconds_to_ready,
            "loadBefore": began,
            "loadAfter": load(),
        },
    )


def _fill(client: Client, jobs: int) -> JobArray:
    return client.submit_array(
        source=PROBE, array=f"0-{jobs - 1}", gpu=MODEL, max_price=MAX_PRICE, timeout=60, memory_mib=256, name="queue"
    )


def _tally(stand: Stand, array: JobArray, found: Sequence[Launch], *, jobs: int) -> Tally:
    assert stand.home is not None
    once = {one.job_id for one in found if one.completed and len(one.first_lines) == 1}
    receipts = [job.receipt() for job in array.jobs()]
    return Tally(
        jobs=jobs,
        lost=jobs - len(once),
        twice=len(found) - len({one.job_id for one in found}) + sum(len(one.first_lines) > 1 for one in found),
        unsettled=sum(each.provider_amount + each.fee + each.refund != each.hold for each in receipts),
        books_balance=verify_ledger(stand.home.path)[0] == 0,
    )
