"""What the deploying process is asked to do."""

import json
from dataclasses import asdict, dataclass, field
from typing import Self


@dataclass(frozen=True, kw_only=True)
class DeployRequest:
    """What to deploy, and where.

    Attributes:
        address: of the head's control store.
        http_port: where the API is to listen, on 127.0.0.1; the proxy may listen elsewhere too.
        replicas: of the API.
        environment: the core's settings, for what reads them while it is deployed.
        scheduler: what starts the scheduler and returns its handle, as `module:name`.
        chain: what starts the chain's process and returns its handle, as `module:name`; empty for none.
        application: what builds the Serve application, as `module:name`; called with `replicas=`.
    """

    address: str
    http_port: int
    replicas: int
    environment: dict[str, str] = field(repr=False)
    scheduler: str
    application: str
    chain: str = ""

    def to_json(self) -> str:
        """The request as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**json.loads(line))
