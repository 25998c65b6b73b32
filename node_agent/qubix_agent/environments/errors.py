"""What can go wrong with an environment, and whose fault it is."""

from qubix.errors import Conflict, InvalidRequest, Unavailable


class RequirementRefused(InvalidRequest):
    """A requirement is none, or names something other than a package of an index. The job's fault."""

    code = "requirement_refused"


class EnvironmentBuildError(InvalidRequest):
    """The requirements cannot be had together. The job's fault; `details["log"]` is the end of pip's output."""

    code = "environment_build_failed"


class EnvironmentUnavailable(Unavailable):
    """This machine cannot build environments now (index out of reach, disk full, …). Never the job's fault."""

    code = "environment_unavailable"


class EnvironmentBuildCancelled(Conflict):
    """The build was stopped because nobody wants it any more."""

    code = "environment_build_cancelled"
