"""What can stand in the way of running the platform on this machine.

QubixError
├── HomeUnusable       500  the home folder cannot be used
├── AlreadyRunning     409  another `qubix up` runs on the same home
├── NotRunning         503  nothing runs on that home
├── DeployFailed       500  the scheduler or the API did not come up
├── TlsMissing         422  Ray shall listen beyond loopback without TLS
├── ChainMisconfigured 422  the setting of the chain says something that cannot be
└── StopFailed         500  something that was started did not end
"""

from qubix.errors import Conflict, InvalidRequest, QubixError, Unavailable


class HomeUnusable(QubixError):
    """The home folder cannot be used: no permission, no space, or another version's data."""

    status = 500
    code = "home_unusable"


class AlreadyRunning(Conflict):
    """Another `qubix up` runs on the same home."""

    code = "already_running"


class NotRunning(Unavailable):
    """Nothing runs on that home."""

    code = "not_running"


class DeployFailed(QubixError):
    """The scheduler or the API did not come up."""

    status = 500
    code = "deploy_failed"


class TlsMissing(InvalidRequest):
    """Ray shall listen beyond loopback, but its TLS is off or incomplete."""

    code = "tls_missing"


class ChainMisconfigured(InvalidRequest):
    """The setting of the chain, or of its devnet, says something that cannot be."""

    code = "chain_misconfigured"


class StopFailed(QubixError):
    """Something that was started did not end."""

    status = 500
    code = "stop_failed"
