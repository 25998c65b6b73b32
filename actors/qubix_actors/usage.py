"""What users had of the market until now, beside the scheduler's other loops."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final
from uuid import UUID

from qubix_platform.database.session import Database
from qubix_platform.placement.model import Consumer
from qubix_platform.placement.ordering.policy import QueuePolicy
from qubix_platform.scheduling import repository

READ_EVERY_S: Final = 5.0
"""The past fades over hours, and what users hold now is read by every pass: it need not be fresher."""


class Usage:
    """The past use of each user, as it was last read. Before that everybody counts as new."""

    def __init__(self, database: Database, policy: QueuePolicy | None) -> None:
        self._database = database
        self._policy = policy
        self._past: Mapping[UUID, tuple[tuple[str, float], ...]] = MappingProxyType({})

    async def look(self) -> None:
        """Read it anew."""
        policy = self._policy
        if policy is not None:
            self._past = await self._database.run(
                lambda session: repository.read_usage(session, half_life_s=policy.half_life_s)
            )

    def told(self, consumer: Consumer) -> Consumer:
        """The consumer with their past."""
        past = self._past.get(consumer.user_id)
        return consumer if past is None else replace(consumer, past=past)
