"""The program started by hand: what no platform can undercut."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks.dispatch.plan import AT_ONCE, PROBE, Measured, Plan, one_after_another


def measure(plan: Plan) -> list[Measured]:
    """One at a time, and in the burst's loop two at a time as well."""
    idle = one_after_another(plan.idle, run_probe)
    return [
        Measured(
            name="subprocess, one at a time", idle_ms=idle, burst_jobs=plan.burst, burst_seconds=_loop(plan.burst, 1)
        ),
        Measured(name="subprocess, two at a time", burst_jobs=plan.burst, burst_seconds=_loop(plan.burst, AT_ONCE)),
    ]


def run_probe() -> int:
    """Run the probe as a plain subprocess; what its first line said."""
    ended = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, check=True)
    return int(ended.stdout)


def _loop(count: int, at_once: int) -> float:
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        began = time.perf_counter()
        list(pool.map(lambda _: run_probe(), range(count)))
        return time.perf_counter() - began
