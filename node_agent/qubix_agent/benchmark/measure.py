"""Timing a matrix product and a copy, on whichever array library is given."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qubix.schemas.hardware import BenchmarkResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An array library to measure with.

    Attributes:
        name: what the result says measured it.
        arrays: NumPy, or a library with NumPy's interface.
        synchronize: returns when everything that was asked of the device is done.
        matrix_side: rows and columns of the matrices multiplied.
        copy_bytes: size of the array copied.
        seconds: how long to measure each of the two.
    """

    name: str
    arrays: Any
    synchronize: Callable[[], object]
    matrix_side: int
    copy_bytes: int
    seconds: float


def measure(engine: Engine) -> BenchmarkResult:
    """Median rates of fp32 matrix products (2·n³ operations each) and of copies (each byte read once, written once)."""
    began = time.perf_counter()
    xp, side = engine.arrays, engine.matrix_side
    left = xp.ones((side, side), dtype=xp.float32) * xp.float32(0.5)
    right = xp.ones((side, side), dtype=xp.float32) * xp.float32(0.25)
    product = xp.empty((side, side), dtype=xp.float32)
    matmul = _median_seconds(lambda: xp.matmul(left, right, out=product), engine)
    source = xp.ones(engine.copy_bytes // 4, dtype=xp.float32)
    target = xp.empty_like(source)
    copy = _median_seconds(lambda: xp.copyto(target, source), engine)
    return BenchmarkResult(
        fp32_tflops=2 * side**3 / matmul / 1e12,
        memory_gbps=2 * engine.copy_bytes / copy / 1e9,
        engine=engine.name,
        seconds=round(time.perf_counter() - began, 3),
    )


def _median_seconds(work: Callable[[], object], engine: Engine) -> float:
    work()  # the first pass loads libraries and touches the memory
    engine.synchronize()
    passes: list[float] = []
    end = time.perf_counter() + engine.seconds
    while len(passes) < 3 or time.perf_counter() < end:
        began = time.perf_counter()
        work()
        engine.synchronize()
        passes.append(time.perf_counter() - began)
    return statistics.median(passes)
