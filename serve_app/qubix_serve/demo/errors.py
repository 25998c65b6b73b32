"""What can go wrong with the demo itself."""

from qubix.errors import QubixError


class DemoFailed(QubixError):
    """The demo could not be carried out, or one of its claims did not hold."""

    status = 500
    code = "demo_failed"
