"""Every state and kind that crosses the wire."""

from enum import StrEnum


class Role(StrEnum):
    """What a user does on the market."""

    CONSUMER = "CONSUMER"
    PROVIDER = "PROVIDER"
    BOTH = "BOTH"


class ProviderType(StrEnum):
    """How a provider's machine takes part."""

    BROWSER = "BROWSER"
    NATIVE = "NATIVE"
    RAY = "RAY"


class ProviderStatus(StrEnum):
    """Life of a provider. Busy is not a state: it is ONLINE with nothing left to rent."""

    ONLINE = "ONLINE"
    DRAINING = "DRAINING"
    OFFLINE = "OFFLINE"


class Scope(StrEnum):
    """What an API key may be used for. Sessions carry all four; a key carries those that it was given."""

    READ = "read"
    JOBS = "jobs"
    PROVIDER = "provider"
    MONEY = "money"


class WalletFormat(StrEnum):
    """How a wallet turns the challenge's message into the digest that it signs, and spells the signature."""

    EXTENSION = "extension"
    WALLETCONNECT = "walletconnect"
    DEVNET = "devnet"


class SessionKind(StrEnum):
    """What opened a session: a wallet of one of the formats, or a link of somebody who was signed in elsewhere."""

    EXTENSION = "extension"
    WALLETCONNECT = "walletconnect"
    DEVNET = "devnet"
    LINK = "link"


class Trust(StrEnum):
    """MEMBER machines joined the Ray cluster; GUEST machines only ever talk HTTPS to the API."""

    MEMBER = "member"
    GUEST = "guest"


class Preference(StrEnum):
    """Which of the offers that fit a consumer likes best. Every one of them is within the price cap.

    CHEAPEST is the lowest price; FASTEST the soonest start, where work is pushed to the machine and not asked for by
    it; VALUE the lowest price for each TFLOP/s of the agent's benchmark.
    """

    CHEAPEST = "cheapest"
    FASTEST = "fastest"
    VALUE = "value"


class AffinityScope(StrEnum):
    """What two jobs that are kept apart may not share: a machine in any case; its OWNER or its SITE beside."""

    MACHINE = "machine"
    OWNER = "owner"
    SITE = "site"


class Interconnect(StrEnum):
    """How the GPUs of a machine reach each other, by the slowest way between any two of them; the slowest first."""

    PCIE = "pcie"
    NVLINK = "nvlink"

    @property
    def rank(self) -> int:
        """Comparable: higher is faster."""
        return list(Interconnect).index(self) + 1


class IsolationLevel(StrEnum):
    """How strongly a node isolates a job, as it measured on itself, strongest first."""

    VM = "vm"
    GVISOR = "gvisor"
    BWRAP_CGROUP = "bwrap+cgroup"
    BWRAP = "bwrap"
    NONE = "none"

    @property
    def rank(self) -> int:
        """0 for no isolation, rising with strength."""
        return len(_ISOLATION_ORDER) - 1 - _ISOLATION_ORDER.index(self)

    @property
    def slug(self) -> str:
        """The level as a Ray label's value, which may not hold a plus sign."""
        return self.value.replace("+", "-")


_ISOLATION_ORDER = tuple(IsolationLevel)


class JobStatus(StrEnum):
    """Life of a job. The last three are final."""

    PENDING = "PENDING"
    ASSIGNED = "ASSIGNED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_final(self) -> bool:
        """Final states are final."""
        return self in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)


class Priority(StrEnum):
    """Which jobs go before which, whoever they are of; a job that has waited for long goes before all of them."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class AttemptStatus(StrEnum):
    """Life of one attempt to run a job on one provider. The last four are final."""

    ASSIGNED = "ASSIGNED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    LOST = "LOST"

    @property
    def is_final(self) -> bool:
        """An attempt in a final state holds no lease and no GPU."""
        return self not in (AttemptStatus.ASSIGNED, AttemptStatus.RUNNING)


class SnapshotStatus(StrEnum):
    """What became of a snapshot that was asked for. The last two are final, until another is asked for."""

    PENDING = "PENDING"
    STORED = "STORED"
    FAILED = "FAILED"


class GroupStatus(StrEnum):
    """Life of a group. DRAINING takes no more items and ends with the last; ENDED is final."""

    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"
    ENDED = "ENDED"


class ItemStatus(StrEnum):
    """Life of an item of a group's queue. The last three are final."""

    QUEUED = "QUEUED"
    TAKEN = "TAKEN"
    DONE = "DONE"
    FAILED = "FAILED"
    DROPPED = "DROPPED"

    @property
    def is_final(self) -> bool:
        """Final states are final."""
        return self not in (ItemStatus.QUEUED, ItemStatus.TAKEN)


class Cause(StrEnum):
    """Why an attempt, and with it a job, ended. From PREEMPTED on they are the platform's to say, not a runner's.

    OVERHEATED is a machine that was too hot to go on: to the job and its bill it is a machine that was lost.

    PEER_ENDED and PEER_LOST are of an attempt alone: a gang ends as a whole, when another worker of it failed, or was
    lost to its provider or to the platform.
    """

    COMPLETED = "COMPLETED"
    USER_ERROR = "USER_ERROR"
    TIMEOUT = "TIMEOUT"
    CANCELLED = "CANCELLED"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    PROVIDER_LOST = "PROVIDER_LOST"
    PLATFORM_ERROR = "PLATFORM_ERROR"
    OVERHEATED = "OVERHEATED"
    PREEMPTED = "PREEMPTED"
    OUT_OF_FUNDS = "OUT_OF_FUNDS"
    DEPENDENCY_FAILED = "DEPENDENCY_FAILED"
    DEADLINE_MISSED = "DEADLINE_MISSED"
    PEER_ENDED = "PEER_ENDED"
    PEER_LOST = "PEER_LOST"


MACHINE_LOST = frozenset({Cause.PROVIDER_LOST, Cause.OVERHEATED})
"""The machine is gone to the job, and to whatever else of it ran there."""

RETRIED_ON_REQUEST = frozenset({Cause.USER_ERROR, Cause.OUT_OF_MEMORY})
"""The job's own fault: tried again only where its consumer asked for that."""


class ModelType(StrEnum):
    """Kind of job: a Python script, a command line, or a Python function."""

    SCRIPT = "script"
    COMMAND = "command"
    FUNCTION = "function"


class LogStream(StrEnum):
    """Where a line came from; `system` lines are QUBIX's own (environment, hand-over, limits)."""

    STDOUT = "stdout"
    STDERR = "stderr"
    SYSTEM = "system"


class ReportedStatus(StrEnum):
    """What an agent says of its machine in a heartbeat. `draining` takes no more work, and leaves after the last."""

    ONLINE = "online"
    OFFLINE = "offline"
    BUSY = "busy"
    DRAINING = "draining"


class CompletionStatus(StrEnum):
    """The founding documents' two ends of a job; `cause` says which exactly."""

    COMPLETED = "completed"
    FAILED = "failed"


class TransactionType(StrEnum):
    """What a transaction of the ledger is for."""

    PAYMENT = "PAYMENT"
    EARNING = "EARNING"
    REFUND = "REFUND"
    ESCROW_LOCK = "ESCROW_LOCK"
    ESCROW_RELEASE = "ESCROW_RELEASE"
    DEPOSIT = "DEPOSIT"
    WITHDRAWAL = "WITHDRAWAL"
    SWEEP = "SWEEP"
    RESERVATION = "RESERVATION"
    NETWORK_FEE = "NETWORK_FEE"
    CORRECTION = "CORRECTION"


class EventType(StrEnum):
    """Events of the outbox. The first eleven are the public ones that the WebSocket carries."""

    PROVIDER_REGISTERED = "PROVIDER_REGISTERED"
    PROVIDER_STATUS_CHANGED = "PROVIDER_STATUS_CHANGED"
    GPU_METRICS_UPDATE = "GPU_METRICS_UPDATE"
    JOB_PROGRESS = "JOB_PROGRESS"
    JOB_COMPLETED = "JOB_COMPLETED"
    MARKETPLACE_UPDATE = "MARKETPLACE_UPDATE"
    DEPOSIT_PROGRESS = "DEPOSIT_PROGRESS"
    ESCROW_PROGRESS = "ESCROW_PROGRESS"
    WITHDRAWAL_UPDATE = "WITHDRAWAL_UPDATE"
    BALANCE_CHANGED = "BALANCE_CHANGED"
    GROUP_UPDATE = "GROUP_UPDATE"
    JOB_QUEUED = "JOB_QUEUED"
    JOB_CANCEL_REQUESTED = "JOB_CANCEL_REQUESTED"
    ATTEMPT_CREATED = "ATTEMPT_CREATED"
    ATTEMPT_ENDED = "ATTEMPT_ENDED"

    @property
    def is_public(self) -> bool:
        """Whether subscribers of the WebSocket may see it."""
        return self in _PUBLIC_EVENTS


_PUBLIC_EVENTS = frozenset(tuple(EventType)[:11])
