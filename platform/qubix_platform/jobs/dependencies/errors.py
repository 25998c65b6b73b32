"""Refusals about jobs that run after others."""

from qubix.errors import Conflict, InvalidRequest, NotFound


class DependencyNotFound(NotFound):
    """A job that this one shall run after is not the caller's, or there is none like it."""

    code = "dependency_not_found"


class DependencyNeverMet(Conflict):
    """A job that this one shall run after has failed or was cancelled already."""

    code = "dependency_never_met"


class TooManyDependencies(InvalidRequest):
    """The job would run after more jobs than the platform keeps account of."""

    code = "too_many_dependencies"
