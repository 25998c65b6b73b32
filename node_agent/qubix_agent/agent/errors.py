"""What can stand between a machine and the market.

QubixError
├── AlreadyJoined    409  an agent works in this home already
├── CannotJoin       422  versions, ports or arguments do not fit
├── NotInvited       401  no token that the platform takes
└── NotRunning       404  no agent works in this home
"""

from qubix.errors import Conflict, InvalidRequest, NotAuthenticated, NotFound


class AlreadyJoined(Conflict):
    """An agent works in this home already."""

    code = "already_joined"


class CannotJoin(InvalidRequest):
    """Versions, ports or arguments do not fit together."""

    code = "cannot_join"


class NotInvited(NotAuthenticated):
    """There is no token that the platform takes."""

    code = "not_invited"


class NotRunning(NotFound):
    """No agent works in this home."""

    code = "agent_not_running"
