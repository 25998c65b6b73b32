"""What the database believes to run, held against what the nodes say. Pure: time is passed in.

Unknown is not dead: where a node did not answer, only the lease decides.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from qubix.schemas.states import Cause, ProviderType
from qubix_platform.attempts.repository import LiveAttempt

GONE_AFTER_S: Final = 1.0
"""An attempt on a node that is not in the cluster is given up after so long: the table may lag behind a new node."""
LAUNCH_AFTER_S: Final = 1.0
"""An attempt that was never handed over, and that nobody is handing over now, is launched after so long."""
UNKNOWN_AFTER_S: Final = 5.0
"""An attempt that its own runner does not know is given up after so long: its last report may be on its way."""
UNHEARD_AFTER_S: Final = 60.0
"""An attempt that runs, as its runner says, but whose reports do not arrive, is given up so long after its lease."""
UNBEGUN_AFTER_S: Final = 3600.0
"""An attempt that has not begun so long after it was assigned is given up: building its environment takes minutes."""
CANCEL_GRACE_S: Final = 60.0
"""An attempt whose consumer cancelled it is ended so much later, whatever its runner says: that takes seconds."""
LIMIT_GRACE_S: Final = 900.0
"""An attempt is ended so long after its time limit: its runner ends the program at the limit, and may need that long
to deliver what it left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """What was seen of a member's node: whether it is in the cluster, and what its runner runs (None: no answer)."""

    is_in_cluster: bool
    running: frozenset[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Lose:
    """Give the attempt up."""

    attempt: LiveAttempt
    reason: str


@dataclass(frozen=True, slots=True)
class End:
    """End the attempt, and its job with it: its runner should have, and did not."""

    attempt: LiveAttempt
    cause: Cause
    reason: str


@dataclass(frozen=True, slots=True)
class Launch:
    """Hand the attempt to its node's runner: whoever assigned it did not come to that."""

    attempt: LiveAttempt


@dataclass(frozen=True, slots=True)
class MarkLaunched:
    """Its runner has it, and the database does not know."""

    attempt: LiveAttempt


@dataclass(frozen=True, slots=True)
class Cancel:
    """Tell the attempt's runner to stop it, as its consumer asked."""

    attempt: LiveAttempt


@dataclass(frozen=True, slots=True)
class Stop:
    """Tell a runner to stop what the database has given up."""

    worker_id: str
    attempt_id: UUID


Step = Lose | End | Launch | MarkLaunched | Cancel | Stop


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What to do now, and since when (seconds of a monotonic clock) what is amiss, for the next time."""

    steps: tuple[Step, ...]
    amiss_since: Mapping[UUID, float]


def reconcile(
    live: Sequence[LiveAttempt],
    sightings: Mapping[str, Sighting],
    *,
    in_hand: frozenset[UUID],
    leases_count: bool,
    amiss_since: Mapping[UUID, float],
    now: float,
) -> Plan:
    """Find what went wrong without anybody telling.

    Args:
        live: every attempt that holds a lease. It was read after the sightings.
        sightings: of members' nodes, by worker id. Who pulls is not seen, and has only the lease.
        in_hand: attempts that are being handed over just now.
        leases_count: whether a lease that ran out, or an end that was not reported, is the machine's doing. Not so
            while the platform has just come up: there was nobody to renew leases with, or to report to.
        amiss_since: from the plan before.
        now: seconds of a monotonic clock.
    """
    since: dict[UUID, float] = {}

    def lasted(attempt_id: UUID) -> float:
        since[attempt_id] = amiss_since.get(attempt_id, now)
        return now - since[attempt_id]

    steps: list[Step] = []
    for attempt in live:
        is_member = attempt.provider_type is ProviderType.RAY
        sighting = sightings.get(attempt.worker_id, Sighting(is_in_cluster=False))
        if leases_count and (overstay := _overstay(attempt)) is not None:
            steps.append(overstay)
        elif is_member and attempt.id in (sighting.running or ()):
            steps += _running(attempt, lasted)
        elif attempt.lease_expired and leases_count:
            steps.append(Lose(attempt, "its lease ran out, since nothing was heard of it"))
        elif is_member and attempt.id not in in_hand:
            steps += _not_seen(attempt, sighting, lasted)
    known = {attempt.id for attempt in live}
    for worker_id, sighting in sightings.items():
        for attempt_id in sorted((sighting.running or frozenset()) - known - in_hand):
            if lasted(attempt_id) >= UNKNOWN_AFTER_S:
                steps.append(Stop(worker_id, attempt_id))
    return Plan(steps=tuple(steps), amiss_since=since)


def _overstay(attempt: LiveAttempt) -> Step | None:
    """What no runner may do, however alive it says to be: hold a job and its money for as long as it likes."""
    if attempt.cancelled_seconds is not None and attempt.cancelled_seconds >= CANCEL_GRACE_S:
        return End(attempt, Cause.CANCELLED, f"its machine did not stop it within {CANCEL_GRACE_S:.0f} s")
    if attempt.running_seconds is None:
        return Lose(attempt, "it was not begun within an hour") if attempt.age_seconds >= UNBEGUN_AFTER_S else None
    if attempt.running_seconds >= attempt.limit_seconds + LIMIT_GRACE_S:
        return End(attempt, Cause.TIMEOUT, f"its machine did not end it at its limit of {attempt.limit_seconds} s")
    return None


def _running(attempt: LiveAttempt, lasted: Callable[[UUID], float]) -> Iterator[Step]:
    if attempt.lease_expired and lasted(attempt.id) >= UNHEARD_AFTER_S:
        yield Lose(attempt, "it runs, but its reports do not arrive")
        return
    if attempt.launched_at is None:
        yield MarkLaunched(attempt)
    if attempt.cancel_requested:
        yield Cancel(attempt)


def _not_seen(attempt: LiveAttempt, sighting: Sighting, lasted: Callable[[UUID], float]) -> Iterator[Step]:
    if not sighting.is_in_cluster:
        if lasted(attempt.id) >= GONE_AFTER_S:
            yield Lose(attempt, "its node is not in the cluster")
    elif sighting.running is None:
        return
    elif attempt.launched_at is None:
        if lasted(attempt.id) >= LAUNCH_AFTER_S:
            yield Launch(attempt)
    elif lasted(attempt.id) >= UNKNOWN_AFTER_S:
        yield Lose(attempt, "its node's runner does not know it")
