"""Refusals about what a user may have."""

from qubix.errors import NotAllowed


class PriorityNotAllowed(NotAllowed):
    """High priority is for those whom an operator gave it, and for operators."""

    code = "priority_not_allowed"
