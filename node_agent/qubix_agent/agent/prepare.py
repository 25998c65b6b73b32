"""Finding out what this machine has and can, before it goes onto the market."""

import socket

from qubix_agent.agent.identity import Identity
from qubix_agent.agent.offer import Offer
from qubix_agent.agent.options import JoinOptions
from qubix_agent.agent.voice import Voice
from qubix_agent.benchmark.cache import benchmark
from qubix_agent.hardware.detect import DETECTORS, detect_machine
from qubix_agent.hardware.detected import Machine
from qubix_agent.hardware.simulate import parse_simulated
from qubix_agent.home import AgentHome
from qubix_agent.sandbox.launcher import Launcher
from qubix_agent.sandbox.level import measure_level


def survey(*, home: AgentHome, options: JoinOptions, identity: Identity, launcher: Launcher, voice: Voice) -> Offer:
    """Detect, measure, and say what was found.

    Raises:
        InvalidRequest: the declared cards are none.
    """
    machine = look(home=home, options=options, seed=identity.worker_id)
    for problem in machine.problems:
        voice.warn("hardware_problem", problem)
    voice.say("hardware", describe(machine), gpus=[gpu.wire() for gpu in machine.gpus], simulated=machine.simulated)
    measured = benchmark(machine, file=home.benchmark, warn=lambda sentence: voice.warn("benchmark_failed", sentence))
    rates = f"{measured.fp32_tflops:.3g} TFLOP/s fp32, {measured.memory_gbps or 0:.3g} GB/s"
    voice.say("benchmark", f"Benchmark: {rates} ({measured.engine}).", **measured.wire())
    isolation = measure_level(launcher, home.work)
    reasons = f" ({'; '.join(isolation.reasons)})" if isolation.reasons else ""
    voice.say("isolation", f"Isolation: {isolation.level}{reasons}.", level=str(isolation.level))
    return Offer(machine=machine, benchmark=measured, isolation=isolation.level, host=socket.gethostname())


def look(*, home: AgentHome, options: JoinOptions, seed: str) -> Machine:
    """The machine, with declared cards in place of its own where there are any.

    Raises:
        InvalidRequest: the declared cards are none.
    """
    simulated = parse_simulated(options.simulate, seed=seed) if options.simulate else ()
    return detect_machine(home=home.root, detectors=() if options.cpu_only else DETECTORS, simulated=simulated)


def describe(machine: Machine) -> str:
    """The machine in a sentence."""
    cards = ", ".join(f"{gpu.model} ({(gpu.vram_mib or 0) / 1024:.0f} GiB)" for gpu in machine.gpus)
    if not cards:
        cards = "no GPU, so it is offered as CPU"
    kind = " (simulated)" if machine.simulated else ""
    return (
        f"This machine: {cards}{kind}; {machine.cpu.model}, {machine.cpu.cores} cores, "
        f"{machine.ram.total_mib / 1024:.0f} GiB memory, {machine.disk_mib / 1024:.0f} GiB free disk."
    )
