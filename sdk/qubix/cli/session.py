"""The client that a command works with."""

from qubix.client import Client
from qubix.retries import RetryPolicy

# A person waits: give up after about two seconds instead of ten. What is followed for long bridges more.
_IMPATIENT = RetryPolicy(retries=3)


def open_client(*, patient: bool = False, token: str | None = None) -> Client:
    """A client for the configured platform.

    Args:
        patient: bridge a restart of the platform, as a command does that runs for long.
        token: an API key or session to show instead of the configured one.
    """
    return Client(api_key=token, retries=RetryPolicy() if patient else _IMPATIENT)
