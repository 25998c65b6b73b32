"""Looking back: the same decision again, or another one from the same facts."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Decisions, Policy
from qubix_platform.scheduling import repository
from qubix_platform.scheduling.errors import PassNotFound
from qubix_platform.scheduling.models import Pass
from qubix_platform.scheduling.passes import decode


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A recorded pass and what is decided from the same facts now."""

    recorded: Pass
    again: Decisions

    @property
    def is_identical(self) -> bool:
        """Whether both decided the same. Where not, the code of placement has changed since."""
        return self.recorded.decisions == self.again


async def replay(session: AsyncSession, pass_id: int, *, policy: Policy | None = None) -> Replay:
    """Decide a recorded pass again.

    Args:
        session: to read the pass with.
        pass_id: as `scheduling.service.list_passes` gives it.
        policy: another one than was in force, to ask "what if".

    Raises:
        PassNotFound: it is not, or no longer, kept.
    """
    row = await repository.read_pass(session, pass_id)
    if row is None:
        raise PassNotFound(
            asked=f"Replaying pass {pass_id} of the scheduler",
            obstacle="no such pass is kept",
            remedy="List the passes that are kept, and choose one of them.",
        )
    recorded = decode(row)
    return Replay(recorded=recorded, again=decide(recorded.snapshot, recorded.decided_at, policy or recorded.policy))
