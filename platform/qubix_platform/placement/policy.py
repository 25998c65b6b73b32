"""The policy by which the scheduler decides, for everybody who has to decide as it does."""

from typing import Final

from qubix_platform.placement.model import Policy
from qubix_platform.placement.ordering.policy import QueuePolicy

SCHEDULERS_QUEUE: Final = QueuePolicy()
SCHEDULERS_POLICY: Final = Policy(queue=SCHEDULERS_QUEUE)
