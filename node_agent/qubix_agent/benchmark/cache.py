"""The benchmark's result, kept as long as the hardware and the libraries stay the same."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from qubix.schemas.hardware import BenchmarkResult
from qubix_agent.benchmark.engines import choose_engine, numpy_engine
from qubix_agent.benchmark.measure import measure
from qubix_agent.hardware.detected import Machine

METHOD = 1
"""Rises when the way of measuring changes, so that older results are not compared with newer ones."""


def benchmark(machine: Machine, *, file: Path, warn: Callable[[str], None], again: bool = False) -> BenchmarkResult:
    """The machine's benchmark: the one kept in `file` if it is of this very hardware, else a new one (about 2 s).

    A card that cannot be measured now, as it is busy or out of memory, is measured again at the next call: until then
    the processor's figures stand in, which the result says and `warn` is told.
    """
    engine = choose_engine(machine)
    print_of_hardware = fingerprint(machine, engine=engine.name)
    if not again and (kept := _read(file, print_of_hardware)) is not None:
        return kept
    try:
        result = measure(engine)
    except Exception as error:  # noqa: BLE001 - a card that is busy or out of memory raises its library's own errors
        failed = f"{engine.name} failed: {type(error).__name__}"
        warn(f"The benchmark is of the processor, since {failed} ({error}). It is tried again at the next start.")
        return measure(numpy_engine(f"the CPU, {failed}"))
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps({"fingerprint": print_of_hardware, "result": result.wire()}))
    temporary.replace(file)
    return result


def fingerprint(machine: Machine, *, engine: str) -> str:
    """Changes when a card, its driver, the processor or the measuring library changes."""
    facts = {
        "method": METHOD,
        "engine": engine,
        "gpus": [[gpu.uuid, gpu.model, gpu.vram_mib, gpu.driver] for gpu in machine.gpus],
        "cpu": [machine.cpu.model, machine.cpu.cores],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _read(file: Path, expected: str) -> BenchmarkResult | None:
    try:
        kept = json.loads(file.read_text())
        return BenchmarkResult.model_validate(kept["result"]) if kept["fingerprint"] == expected else None
    except (OSError, ValueError, KeyError, TypeError, ValidationError):
        return None  # none yet, or a damaged one: measured again
