"""What detection found, and what it could not find out."""

from dataclasses import dataclass, field

from qubix.schemas.hardware import CpuInfo, GpuInfo, RamInfo
from qubix.schemas.states import Interconnect


@dataclass(frozen=True, slots=True, kw_only=True)
class GpusFound:
    """One vendor's cards. `problem` is a sentence where the vendor's tools are there but do not work.

    `interconnect` is how all of them reach each other, where the vendor's tools say more than that they are on a bus.
    """

    gpus: tuple[GpuInfo, ...] = ()
    problem: str | None = None
    interconnect: Interconnect | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine as detected.

    Attributes:
        gpus: what a job can be given, in index order.
        cpu: the processor, counting only the logical cores that this process may use.
        ram: memory that this process may use, in MiB.
        disk_mib: free space where jobs keep their files, MiB.
        simulated: the GPUs are declared, not there.
        interconnect: by what all its cards reach each other, where there are several.
        problems: sentences for the owner: what is broken, and what was left out because of it.
    """

    gpus: tuple[GpuInfo, ...]
    cpu: CpuInfo
    ram: RamInfo
    disk_mib: int
    simulated: bool = False
    interconnect: Interconnect | None = None
    problems: tuple[str, ...] = field(default=())
