"""Refusals of scheduling."""

from qubix.errors import NotFound


class PassNotFound(NotFound):
    """No such pass, or it is no longer kept."""

    code = "pass_not_found"
