"""What the owner of a machine says when it joins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class JoinAs(StrEnum):
    """How the machine takes part."""

    AUTO = "auto"
    RAY = "ray"
    NATIVE = "native"


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinOptions:
    """Attributes:
    url: the platform.
    token: a join token; not needed by a machine that has joined before.
    join_as: `ray` for members, `native` for guests; `auto` tries the first and falls back to the second.
    simulate: cards to declare instead of detecting any, such as "RTX 4090:1".
    cpu_only: offer no GPU even if there is one.
    name: what the market shows; the host's name unless given.
    price_per_hour: QU per hour and GPU (per machine without one).
    region: where the machine is, a slug.
    labels: what its owner says of it, for jobs to choose by.
    qubic_address: where earnings go.
    node_ip: the address under which the head reaches this machine; found out unless given.
    drain_seconds: how long running work may take to finish once the agent was asked to end.
    """

    url: str
    token: str | None = None
    join_as: JoinAs = JoinAs.AUTO
    simulate: str | None = None
    cpu_only: bool = False
    name: str | None = None
    price_per_hour: int | None = None
    region: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    qubic_address: str | None = None
    node_ip: str | None = None
    drain_seconds: float = 600.0
