"""From how a run ended to what is reported. Pure."""

import signal
from dataclasses import dataclass

from qubix.schemas.states import Cause, CompletionStatus
from qubix_agent.runner.stop import Stop
from qubix_agent.sandbox.outcome import End, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What is reported of an attempt's end. `error` is a sentence for the consumer, None where all went well."""

    status: CompletionStatus
    cause: Cause
    exit_code: int | None = None
    error: str | None = None


def failed(cause: Cause, error: str, *, exit_code: int | None = None) -> Conclusion:
    """An end that is no success."""
    return Conclusion(status=CompletionStatus.FAILED, cause=cause, exit_code=exit_code, error=error)


def conclude(
    outcome: Outcome,
    *,
    stop: Stop | None,
    last_error_line: str,
    time_limit_seconds: int,
    memory_mib: int,
    disk_mib: int,
) -> Conclusion:
    """What came of a run.

    Args:
        outcome: what the sandbox says.
        stop: why it was told to stop, if it was.
        last_error_line: the last line on stderr, which for most programs names the error.
    """
    match outcome.end:
        case End.TIMEOUT:
            return failed(
                Cause.TIMEOUT, f"The time limit of {time_limit_seconds} s was reached.", exit_code=outcome.exit_code
            )
        case End.OUT_OF_MEMORY:
            return failed(
                Cause.OUT_OF_MEMORY,
                f"The memory limit of {memory_mib} MiB was reached: ask for more memory.",
                exit_code=outcome.exit_code,
            )
        case End.OUTPUT_LIMIT:
            return failed(
                Cause.USER_ERROR,
                f"The job kept more than {disk_mib} MiB of files: ask for more disk, or write less.",
                exit_code=outcome.exit_code,
            )
        case End.SANDBOX_FAILED:
            return failed(Cause.PLATFORM_ERROR, "The sandbox broke; the job's own code is not to blame.")
        case End.KILLED:
            return stopped(stop)
        case End.EXITED:
            return _exited(outcome.exit_code, stop, last_error_line)


def stopped(stop: Stop | None) -> Conclusion:
    """The end of an attempt that was told to stop."""
    if stop is Stop.CANCELLED:
        return failed(Cause.CANCELLED, "The job was cancelled.")
    if stop is Stop.HANDED_OVER:
        return failed(Cause.PROVIDER_LOST, "The machine left before the job was done.")
    if stop is Stop.OVERHEATED:
        return failed(Cause.OVERHEATED, "A card of the machine was too hot to go on.")
    return failed(Cause.PLATFORM_ERROR, "The job was stopped by the platform.")


def _exited(exit_code: int | None, stop: Stop | None, last_error_line: str) -> Conclusion:
    if exit_code == 0:
        # Done is done, even if a cancel arrived while it ended.
        return Conclusion(status=CompletionStatus.COMPLETED, cause=Cause.COMPLETED, exit_code=0)
    if stop is not None:
        return stopped(stop)
    said = f": {last_error_line}" if last_error_line else "."
    return failed(Cause.USER_ERROR, f"The program ended with {describe_exit(exit_code)}{said}", exit_code=exit_code)


def describe_exit(exit_code: int | None) -> str:
    """An exit code in words: 128 and more is a signal, as shells have it."""
    if exit_code is not None and exit_code > 128:
        try:
            return f"signal {signal.Signals(exit_code - 128).name}"
        except ValueError:
            pass  # no such signal: the program chose that number itself
    return f"exit code {exit_code}"
