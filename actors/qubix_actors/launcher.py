"""What the scheduler needs of the cluster: to see its nodes, and to reach the runner on each."""

from collections.abc import Awaitable, Mapping
from typing import Protocol
from uuid import UUID

from qubix.schemas.attempts import AttemptSpec


class Launcher(Protocol):
    """The cluster as the scheduler uses it. Every call may be made for several nodes at a time."""

    async def nodes(self) -> Mapping[str, str] | None:
        """The providers' nodes that are alive now: Ray's node id by worker id; None where that is not known."""

    async def launch(self, worker_id: str, spec: AttemptSpec) -> Awaitable[None]:
        """Hand an attempt to a node's runner.

        Returns:
            The attempt's fate, once it was handed over. It ends when the attempt has, however that was: what came of
            it is reported to the API. It raises where the attempt can never report again.

        Raises:
            RunnerLost: by this or by the fate: the runner, or what it ran, died.
            RunnerSilent: by this or by the fate: nobody knows.
        """

    async def cancel(self, worker_id: str, attempt_id: UUID) -> None:
        """Tell a node's runner to stop an attempt. To stop what does not run is no error.

        Raises:
            RunnerLost, RunnerSilent
        """

    async def running(self, worker_id: str) -> frozenset[UUID]:
        """The attempts that a node's runner has.

        Raises:
            RunnerLost, RunnerSilent
        """

    async def warm(self, worker_id: str) -> None:
        """Have a node's runner ready before its first attempt comes.

        Raises:
            RunnerLost, RunnerSilent
        """
