"""The program started by hand: what no platform can undercut."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks.dispatch.plan import PROBE


def run_probe() -> int:
    """Run the probe as a plain subprocess; what its first line said."""
    ended = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, check=True)
    return int(ended.stdout)


def loop_seconds(count: int, *, at_once: int) -> float:
    """Seconds for `count` probes, so many at once."""
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        began = time.perf_counter()
        list(pool.map(lambda _: run_probe(), range(count)))
        return time.perf_counter() - began
