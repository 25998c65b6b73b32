import pytest

from qubix.schemas.states import Cause, CompletionStatus
from qubix_agent.runner.causes import Conclusion, conclude
from qubix_agent.runner.stop import Stop, strongest
from qubix_agent.sandbox.outcome import End, Outcome


def concluded(end: End, exit_code: int | None = None, stop: Stop | None = None, line: str = "") -> Conclusion:
    outcome = Outcome(end=end, exit_code=exit_code, wall_seconds=1, cpu_seconds=1, peak_memory_bytes=1)
    return conclude(outcome, stop=stop, last_error_line=line, time_limit_seconds=60, memory_mib=512, disk_mib=100)


@pytest.mark.parametrize(
    ("end", "exit_code", "stop", "cause"),
    [
        (End.EXITED, 0, None, Cause.COMPLETED),
        (End.EXITED, 0, Stop.CANCELLED, Cause.COMPLETED),
        (End.EXITED, 1, None, Cause.USER_ERROR),
        (End.EXITED, 143, Stop.CANCELLED, Cause.CANCELLED),
        (End.KILLED, None, Stop.CANCELLED, Cause.CANCELLED),
        (End.KILLED, None, Stop.HANDED_OVER, Cause.PROVIDER_LOST),
        (End.EXITED, 143, Stop.OVERHEATED, Cause.OVERHEATED),
        (End.KILLED, None, None, Cause.PLATFORM_ERROR),
        (End.TIMEOUT, None, None, Cause.TIMEOUT),
        (End.OUT_OF_MEMORY, 137, None, Cause.OUT_OF_MEMORY),
        (End.OUTPUT_LIMIT, None, None, Cause.USER_ERROR),
        (End.SANDBOX_FAILED, None, None, Cause.PLATFORM_ERROR),
    ],
)
def test_every_end_has_one_cause(end: End, exit_code: int | None, stop: Stop | None, cause: Cause) -> None:
    conclusion = concluded(end, exit_code, stop)
    assert conclusion.cause is cause
    assert (conclusion.status is CompletionStatus.COMPLETED) == (cause is Cause.COMPLETED)
    assert (conclusion.error is None) == (cause is Cause.COMPLETED)


def test_the_error_says_what_the_program_said() -> None:
    assert concluded(End.EXITED, 2, line="no such file").error == "The program ended with exit code 2: no such file"
    assert concluded(End.EXITED, 139).error == "The program ended with signal SIGSEGV."
    assert concluded(End.EXITED, 250).error == "The program ended with exit code 250."
    assert "512 MiB" in (concluded(End.OUT_OF_MEMORY).error or "")


def test_runners_that_outlive_their_agent_hear_from_its_update_what_they_know() -> None:
    written = {Stop.CANCELLED: 1, Stop.HANDED_OVER: 2, Stop.LEASE_LOST: 3, Stop.OVERHEATED: 4}
    assert {stop: stop.value for stop in Stop} == written


def test_the_strongest_order_wins() -> None:
    assert strongest(b"", None) is None
    assert strongest(bytes([1, 3, 4, 2]), None) is Stop.LEASE_LOST
    assert strongest(bytes([4]), Stop.LEASE_LOST) is Stop.LEASE_LOST
    assert strongest(bytes([2, 4, 1]), None) is Stop.OVERHEATED
    assert strongest(bytes([1]), Stop.HANDED_OVER) is Stop.HANDED_OVER
    assert strongest(b"\xff", Stop.CANCELLED) is Stop.CANCELLED
