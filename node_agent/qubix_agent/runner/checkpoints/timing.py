"""When to take a checkpoint. Pure; all times in seconds on the monotonic clock."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointTiming:
    """How often checkpoints are taken.

    Attributes:
        every: with nothing to prompt one.
        settle: so long nothing more has to change after a change.
        linger: the longest that a change waits for others to settle.
        apart: least time between two that changes prompt.
        hurry: least time between two where one was asked for.
        rest: a file that changed more recently counts as being written to.
        look: how often the folder is looked at.
        tries: how often a folder that is being written to is tried again before the job is told.
        leave: a copy that came to nothing is tried again after so many times what it took, so that a large folder does
            not keep the disk busy.
    """

    every: float = 300.0
    settle: float = 0.5
    linger: float = 2.0
    apart: float = 10.0
    hurry: float = 2.0
    rest: float = 2.0
    look: float = 0.25
    tries: int = 30
    leave: float = 4.0

    def pause_after(self, spent: float) -> float:
        """How long to wait after a copy that came to nothing took so long."""
        return max(self.rest, self.leave * spent)


@dataclass(slots=True)
class Prompts:
    """What calls for a checkpoint since the last one was tried, at `tried_at`."""

    tried_at: float
    changed_first: float | None = None
    changed_last: float | None = None
    is_asked_for: bool = False
    again_at: float | None = None

    def change(self, now: float) -> None:
        """The folder has changed."""
        self.changed_first = now if self.changed_first is None else self.changed_first
        self.changed_last = now

    def tried(self, now: float) -> None:
        """One is taken now: all that called for it before is answered."""
        self.tried_at, self.is_asked_for, self.again_at = now, False, None
        self.changed_first = self.changed_last = None

    def due(self, timing: CheckpointTiming) -> float:
        """When the next one is to be taken, as it stands."""
        due = [self.tried_at + timing.every]
        if self.changed_first is not None and self.changed_last is not None:
            settled = min(self.changed_last + timing.settle, self.changed_first + timing.linger)
            due.append(max(settled, self.tried_at + timing.apart))
        if self.is_asked_for:
            due.append(self.tried_at + timing.hurry)
        if self.again_at is not None:
            due.append(self.again_at)
        return min(due, default=math.inf)
