"""Refusals of the cluster benchmark."""

from qubix.errors import QubixError


class DecisionWrong(QubixError):
    """The engine gave away what was not there: a figure from its decisions would mean nothing."""

    code = "decision_wrong"
