"""What a job needs of a machine."""

from typing import Annotated

from pydantic import Field, model_validator

from qubix.schemas.base import RequestModel, Slug, Text
from qubix.schemas.states import AffinityScope, Interconnect, IsolationLevel, Preference, Trust

WHOLE_GPU_MILLI = 1000


class AntiAffinity(RequestModel):
    """Jobs of one user in one `group` share no machine; with the scope owner, or site, none of the same either.

    Of two jobs both scopes count. By site, machines that nobody knows the site of are left out.
    """

    group: Slug
    scope: AffinityScope = AffinityScope.MACHINE


class ResourceRequest(RequestModel):
    """What a job needs of a machine. Memory and disk in MiB; `gpuShareMilli` is the share of each GPU in thousandths.

    `gpuCount` 0 asks for a machine without regard to GPUs. `isolationLevel` is the least level that will do.
    `providers` restricts the job to these machines (worker ids), `avoid` keeps it off these. `labels` are what the
    owners of the machines have to say of them, name and value. `antiAffinity` keeps it apart from others of the
    caller's jobs; the workers of one job may stand together. `interconnect` is the least by which all GPUs of the
    machine have to reach each other. `prefer` says which of those that fit is the best.
    A `spot` job pays what it bids, its `maxPrice`, a fifth of the list price at least and never more than it; it comes
    after all that pay the list price, and makes room for them: it is asked to save its work, and waits again.
    """

    gpu_models: Annotated[list[Annotated[Text, Field(max_length=100)]], Field(max_length=64)] = []
    gpu_count: Annotated[int, Field(ge=0, le=64)] = 0
    gpu_share_milli: Annotated[int, Field(ge=1, le=WHOLE_GPU_MILLI)] = WHOLE_GPU_MILLI
    min_vram_mib: Annotated[int, Field(ge=0, le=4_194_304)] = 0
    min_compute_capability: Annotated[str, Field(pattern=r"^\d{1,2}\.\d$")] | None = None
    cpu_cores: Annotated[int, Field(ge=1, le=1024)] = 1
    memory_mib: Annotated[int, Field(ge=64, le=16_777_216)] = 1024
    disk_mib: Annotated[int, Field(ge=16, le=16_777_216)] = 2048
    locations: Annotated[list[Slug], Field(max_length=64)] = []
    min_reliability: Annotated[float, Field(ge=0, le=1)] = 0
    isolation_level: IsolationLevel = IsolationLevel.BWRAP
    trust: Trust | None = None
    providers: Annotated[list[Slug], Field(max_length=64)] = []
    prefer: Preference = Preference.CHEAPEST
    labels: Annotated[dict[Slug, Annotated[Text, Field(max_length=100)]], Field(max_length=32)] = {}
    avoid: Annotated[list[Slug], Field(max_length=64)] = []
    anti_affinity: AntiAffinity | None = None
    interconnect: Interconnect | None = None
    spot: bool = False

    @model_validator(mode="after")
    def _several_gpus_are_whole(self) -> "ResourceRequest":
        if self.gpu_count > 1 and self.gpu_share_milli != WHOLE_GPU_MILLI:
            raise ValueError("a job on several GPUs takes whole ones: leave gpuShareMilli at 1000")
        return self
