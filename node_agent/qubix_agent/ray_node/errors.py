"""What can stand between this machine and a running Ray node.

QubixError
├── NodeStartFailed  503  Ray's processes did not come up
│   └── NodeRefused  503  the head turned this node away: another version, or a wrong token
├── PortsTaken       409  something else listens where Ray should
└── UnusableFolder   500  Ray's files cannot live there
"""

from qubix.errors import Conflict, QubixError, Unavailable


class NodeStartFailed(Unavailable):
    """Ray's processes did not come up on this machine."""

    code = "ray_node_start_failed"


class NodeRefused(NodeStartFailed):
    """The head turned this node away: another Ray or Python version, or a wrong token."""

    code = "ray_node_refused"


class PortsTaken(Conflict):
    """Something else already listens on a port that Ray needs."""

    code = "ports_taken"


class UnusableFolder(QubixError):
    """Ray's files cannot live in that folder."""

    status = 500
    code = "unusable_folder"
