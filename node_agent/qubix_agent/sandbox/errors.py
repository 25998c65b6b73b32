"""What can stand in the way of a sandbox."""

from qubix.errors import Conflict, InternalError, Unavailable


class SandboxUnavailable(Unavailable):
    """This machine cannot isolate a job (no bubblewrap, no seccomp, no free slot, …)."""

    code = "sandbox_unavailable"


class SandboxFailed(InternalError):
    """The sandbox itself broke, which is never the job's fault."""

    code = "sandbox_failed"


class SandboxMisused(Conflict):
    """A call that the sandbox's present state forbids, such as starting it twice."""

    code = "sandbox_misused"
