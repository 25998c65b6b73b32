"""Refusals of the market benchmark."""

from qubix.errors import QubixError


class OffersUnreadable(QubixError):
    """The file of offers is missing, or is something else."""

    code = "offers_unreadable"
