"""A suggestion as a request that can be carried out."""

from qubix.schemas.base import MAX_QU
from qubix.schemas.resources import AntiAffinity, ResourceRequest
from qubix.schemas.waiting import WaitingFix
from qubix_platform.placement.model import Request
from qubix_platform.placement.suggestions import Suggestion


def fix(suggestion: Suggestion) -> WaitingFix:
    """What to ask for instead, as it goes over the wire."""
    asked = suggestion.request
    return WaitingFix(
        text=suggestion.text,
        max_price=None if asked.max_price == MAX_QU else asked.max_price,
        resources=resources_of(asked),
    )


def resources_of(request: Request) -> ResourceRequest:
    """What a request asks of a machine: read again, it is the same request."""
    capability = request.min_compute_capability
    apart = request.anti_affinity
    return ResourceRequest(
        gpu_models=list(request.gpu_models),
        gpu_count=request.gpu_count,
        gpu_share_milli=request.gpu_share_milli,
        min_vram_mib=request.min_vram_mib,
        min_compute_capability=None if capability is None else f"{capability[0]}.{capability[1]}",
        cpu_cores=request.cpu_cores,
        memory_mib=request.memory_mib,
        disk_mib=request.disk_mib,
        locations=list(request.locations),
        min_reliability=request.min_reliability,
        isolation_level=request.isolation_level,
        trust=request.trust,
        providers=list(request.providers),
        prefer=request.prefer,
        spot=request.is_spot,
        labels=dict(request.labels),
        avoid=list(request.avoid),
        interconnect=request.interconnect,
        anti_affinity=None if apart is None else AntiAffinity(group=apart.group, scope=apart.scope),
    )
