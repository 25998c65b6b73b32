"""What this machine offers: from what was detected and what its owner said to the registration. Pure."""

from dataclasses import dataclass
from typing import Final, Literal

import qubix
from qubix.schemas.hardware import BenchmarkResult, RamInfo
from qubix.schemas.providers import QuickRegister
from qubix.schemas.states import IsolationLevel
from qubix_agent.agent.identity import Identity
from qubix_agent.agent.options import JoinOptions
from qubix_agent.hardware.detected import Machine

_RESERVE_MIB: Final = 2048
_RESERVE_SHARE: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What is known of the machine when it registers."""

    machine: Machine
    benchmark: BenchmarkResult
    isolation: IsolationLevel
    host: str


def registration(
    offer: Offer, *, identity: Identity, options: JoinOptions, kind: Literal["ray", "native"]
) -> QuickRegister:
    """The registration. Some memory stays with the machine itself: the smaller of 2 GiB and an eighth."""
    machine = offer.machine
    return QuickRegister(
        type=kind,
        worker_id=identity.worker_id,
        gpu=list(machine.gpus) or None,
        cpu=machine.cpu,
        ram=RamInfo(total_mib=offered_ram_mib(machine.ram.total_mib)),
        disk_mib=machine.disk_mib,
        qubic_address=options.qubic_address,
        name=options.name or offer.host[:200],
        location=options.region,
        labels=dict(options.labels),
        interconnect=machine.interconnect,
        price_per_hour=options.price_per_hour,
        isolation_level=offer.isolation,
        benchmark=offer.benchmark,
        simulated=machine.simulated,
        agent_version=qubix.__version__,
        agent_session=identity.session,
    )


def offered_ram_mib(total_mib: int) -> int:
    """What jobs may have of the machine's memory."""
    return total_mib - min(_RESERVE_MIB, total_mib // _RESERVE_SHARE)
