"""The provider's state machine and its clocks, as data and pure functions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from qubix.schemas.providers import HEARTBEAT_SECONDS, MISSED_HEARTBEATS
from qubix.schemas.states import MACHINE_LOST, Cause, ProviderStatus, ReportedStatus

SILENT_AFTER: Final = timedelta(seconds=HEARTBEAT_SECONDS * MISSED_HEARTBEATS)
"""Without a heartbeat for so long a provider is offline."""

METRICS_STALE_AFTER: Final = timedelta(seconds=45)
"""A provider whose newest metric is older goes offline: a quarter of the promised minute is left for the sweep."""

REST_S: Final = 5.0
"""After a failure a machine gets nothing for so long: what failed may look alive for another second."""

LONGEST_REST_S: Final = 300.0
"""So long at most, however many of its attempts failed one after the other."""

FAILURES: Final = MACHINE_LOST | {Cause.PLATFORM_ERROR}
"""What a machine has to answer for when an attempt ends by it."""

DEAF_AFTER_S: Final = HEARTBEAT_SECONDS * 1.6
"""Where no machine was heard of for so long, it is rather the platform that does not hear."""

DEAF_AT_MOST_S: Final = 600.0
"""After so long of hearing nobody, all of them are gone."""

ALONE_AT_MOST_S: Final = 30.0
"""After so long a machine that was the only one is gone: nothing tells its silence from the platform's deafness."""

ALLOWED: Final[Mapping[ProviderStatus, frozenset[ProviderStatus]]] = {
    ProviderStatus.OFFLINE: frozenset({ProviderStatus.ONLINE}),
    ProviderStatus.ONLINE: frozenset({ProviderStatus.DRAINING, ProviderStatus.OFFLINE}),
    ProviderStatus.DRAINING: frozenset({ProviderStatus.OFFLINE}),
}


@dataclass(frozen=True, kw_only=True)
class Hearing:
    """How long ago, in seconds, any machine was heard of (None: never), and how many machines were at that time."""

    heard_ago: float | None
    machines: int

    @property
    def is_deaf(self) -> bool:
        """Whether it is rather the platform that does not hear than the machines that are silent, all at once."""
        most = DEAF_AT_MOST_S if self.machines > 1 else ALONE_AT_MOST_S
        return self.heard_ago is not None and DEAF_AFTER_S < self.heard_ago <= most


def is_allowed(*, expected: ProviderStatus, to: ProviderStatus) -> bool:
    """Whether a provider may go from one status to the other."""
    return to in ALLOWED[expected]


def is_live(*, status: ProviderStatus, last_heartbeat: datetime | None, now: datetime) -> bool:
    """Whether the agent behind a provider is alive, as far as its heartbeats tell."""
    return status is not ProviderStatus.OFFLINE and last_heartbeat is not None and now - last_heartbeat < SILENT_AFTER


def after_heartbeat(*, status: ProviderStatus, reported: ReportedStatus) -> ProviderStatus:
    """Where a heartbeat takes a provider. One that drains goes on draining until its agent has left."""
    if reported is ReportedStatus.OFFLINE:
        return ProviderStatus.OFFLINE
    if reported is ReportedStatus.DRAINING:
        return ProviderStatus.DRAINING if status is ProviderStatus.ONLINE else status
    return ProviderStatus.ONLINE if status is ProviderStatus.OFFLINE else status


def rest_seconds(causes: Iterable[Cause]) -> float:
    """For how long a machine is left out of decisions now that something on it failed: twice as long each time.

    Args:
        causes: of the ends of its attempts, newest first.
    """
    failures = sum(1 for _ in takewhile(lambda cause: cause in FAILURES, causes))
    return min(LONGEST_REST_S, REST_S * 2.0 ** max(0, min(failures, 16) - 1))
