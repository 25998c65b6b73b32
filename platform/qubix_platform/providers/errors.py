"""Refusals about providers."""

from uuid import UUID

from qubix.errors import Conflict, InvalidRequest, NotAllowed, NotFound


class ProviderNotFound(NotFound):
    """No such machine, or its owner took it off the market."""

    code = "provider_not_found"

    @classmethod
    def of(cls, provider: UUID | str, *, asked: str) -> "ProviderNotFound":
        """The refusal for one machine."""
        return cls(
            asked=asked,
            obstacle=f"there is no provider {provider} on the market",
            remedy="List the providers for the ids that exist; a machine that was removed registers again.",
        )


class WorkerIdTaken(NotAllowed):
    """Another user registered a machine under this worker id."""

    code = "worker_id_taken"


class NotYourMachine(NotAllowed):
    """The machine belongs to somebody else, or the token to another machine."""

    code = "not_your_machine"


class MembersOnly(NotAllowed):
    """Joining the Ray cluster, or inviting others to it, is for those whom the platform's owner admitted."""

    code = "members_only"


class JoinTokenSpent(NotAllowed):
    """A join token is for one machine, until it expires."""

    code = "join_token_spent"


class AgentAlreadyRunning(Conflict):
    """Another agent of the same worker id is alive."""

    code = "agent_already_running"


class AgentReplaced(Conflict):
    """A newer agent registered this worker id: the older one has to stop."""

    code = "agent_replaced"


class ProviderBusy(Conflict):
    """Jobs run on the machine."""

    code = "provider_busy"


class CapacityInUse(Conflict):
    """The machine registers with less than what running jobs were given."""

    code = "capacity_in_use"


class DuplicateGpu(InvalidRequest):
    """Two GPUs of one machine with the same index."""

    code = "duplicate_gpu"
