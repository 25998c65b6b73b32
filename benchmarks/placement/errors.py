"""Refusals of the placement benchmarks."""

from qubix.errors import QubixError


class TraceUnreadable(QubixError):
    """A file of the trace is missing, or is something else."""

    code = "trace_unreadable"


class PlacementWrong(QubixError):
    """A contender's placements break a rule of the trace: a figure from them would mean nothing."""

    code = "placement_wrong"
