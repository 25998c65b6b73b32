"""When reports go out, and what becomes of them."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from qubix.retries import RetryPolicy
from qubix.schemas.reports import CompleteReport, ReportedArtifact, ReportedMetric
from qubix.schemas.states import Cause, CompletionStatus, LogStream
from qubix.settings import Connection
from qubix.transport import Transport
from qubix_agent.runner.delivery import DeliveryPolicy
from qubix_agent.runner.reporter import Delivered, Reporter, ReportTiming
from qubix_agent.runner.stop import Stop
from tests.node_agent.api_double import ApiDouble, Received, api_double, refusal
from tests.node_agent.runner.conftest import SpecMaker

DONE = CompleteReport(status=CompletionStatus.COMPLETED, cause=Cause.COMPLETED, exit_code=0)
OUT = LogStream.STDOUT


@pytest.fixture
def stops() -> list[Stop]:
    return []


@pytest.fixture
def reporter(transport: Transport, spec: SpecMaker, stops: list[Stop]) -> Iterator[Reporter]:
    reporter = Reporter(
        spec("x"),
        transport,
        on_stop=stops.append,
        policy=DeliveryPolicy(first_seconds=0.01, longest_seconds=0.05, broken_seconds=0.3),
    )
    yield reporter
    reporter.abandon()


def sample() -> ReportedMetric:
    return ReportedMetric(at=datetime.now(UTC), cpu_percent=1, memory_mib=1)


def test_the_start_is_told_alone_when_the_job_goes_on(api: ApiDouble, reporter: Reporter) -> None:
    reporter.began()
    api.wait_for("started")
    reporter.progress(50)
    assert api.wait_for("progress")[0]["progress"] == 50
    assert reporter.finish(DONE) is Delivered.ACCEPTED
    assert api.paths() == ["started", "progress", "complete"]


def test_preparation_is_told_without_a_start(api: ApiDouble, reporter: Reporter) -> None:
    reporter.system("building")
    api.wait_for("logs")
    assert reporter.finish(DONE) is Delivered.ACCEPTED
    assert api.paths() == ["logs", "complete"]


def test_output_is_batched(api: ApiDouble, reporter: Reporter) -> None:
    reporter.began()
    began = time.monotonic()
    written = 0
    while time.monotonic() - began < 1.0:
        reporter.write(OUT, b"x")
        written += 1
    reporter.finish(DONE)
    assert 3 <= len(api.bodies("/logs")) <= 7
    assert api.output() == "x" * written


def test_samples_travel_together(api: ApiDouble, transport: Transport, spec: SpecMaker) -> None:
    reporter = Reporter(spec("x"), transport, on_stop=lambda _: None, timing=ReportTiming(merge=0.01, samples=0.2))
    reporter.began()
    for _ in range(3):
        reporter.sample(sample())
    [body] = api.wait_for("metrics")
    assert len(body["samples"]) == 3
    reporter.sample(sample())
    reporter.finish(DONE)
    assert len(api.bodies("/complete")[0]["samples"]) == 1


def test_what_does_not_fit_into_the_completion_goes_before_it(api: ApiDouble, reporter: Reporter) -> None:
    reporter.began()
    reporter.ending()
    for _ in range(20):
        reporter.write(OUT, b"z" * 65_536)
    artifacts = [ReportedArtifact(path=str(number), sha256="0" * 64, size=0) for number in range(1200)]
    # Built without validation, as the runner's own copies are: the wire's bound is the reporter's to keep.
    assert reporter.finish(DONE.model_copy(update={"artifacts": artifacts})) is Delivered.ACCEPTED
    assert len(api.output()) == 20 * 65_536
    assert len(api.bodies("/artifacts")[0]["artifacts"]) == 1000
    assert len(api.bodies("/complete")[0]["artifacts"]) == 200


def test_the_platforms_cancel_is_passed_on(api: ApiDouble, reporter: Reporter, stops: list[Stop]) -> None:
    api.responder = lambda _: (200, {"success": True, "cancel": True, "leaseSeconds": 15})
    reporter.began()
    api.wait_for("started")
    api.responder = lambda _: None
    reporter.finish(DONE)
    assert stops == [Stop.CANCELLED]


@pytest.mark.parametrize(("status", "code"), [(409, "lease_lost"), (401, "not_authenticated"), (404, "not_found")])
def test_a_lost_lease_ends_the_reports(
    api: ApiDouble, reporter: Reporter, stops: list[Stop], status: int, code: str
) -> None:
    api.responder = lambda _: refusal(status, code)
    reporter.began()
    api.wait_for("started")
    assert reporter.finish(DONE) is Delivered.NOT_OURS
    assert stops == [Stop.LEASE_LOST]
    assert api.paths() == ["started"]


def test_a_late_completion_is_not_ours(api: ApiDouble, reporter: Reporter) -> None:
    api.responder = lambda _: refusal(409, "attempt_fenced")
    assert reporter.finish(DONE) is Delivered.NOT_OURS


def test_a_completion_that_breaks_the_platform_is_given_up(
    api: ApiDouble, reporter: Reporter, stops: list[Stop]
) -> None:
    api.responder = lambda _: refusal(500, "internal_error")
    assert reporter.finish(DONE) is Delivered.FAILED
    assert len(api.bodies("/complete")) >= 3
    assert stops == []


def test_a_report_that_breaks_the_platform_does_not_cost_the_job(
    api: ApiDouble, reporter: Reporter, stops: list[Stop]
) -> None:
    def broken(request: Received) -> tuple[int, dict[str, Any]] | None:
        return refusal(500, "internal_error") if request.path.endswith("/metrics") else None

    api.responder = broken
    reporter.began()
    reporter.sample(sample())
    api.wait_for("metrics", count=3)
    assert reporter.finish(DONE) is Delivered.ACCEPTED
    assert stops == []
    assert "a report was refused" in api.output("system")


def test_a_report_that_is_refused_leaves_a_note(api: ApiDouble, reporter: Reporter) -> None:
    api.responder = lambda request: refusal(422, "invalid_request") if request.path.endswith("/started") else None
    reporter.began()
    api.wait_for("started")
    assert reporter.finish(DONE) is Delivered.ACCEPTED
    assert "a report was refused" in api.output("system")


def test_an_unreachable_platform_costs_the_lease_in_the_end(spec: SpecMaker) -> None:
    with api_double() as double:
        url = double.url
    transport = Transport(Connection(url=url), retries=RetryPolicy(retries=0))
    lost = threading.Event()
    reporter = Reporter(
        spec("x"),
        transport,
        on_stop=lambda _: lost.set(),
        policy=DeliveryPolicy(unreachable_seconds=0.3, longest_seconds=0.1),
    )
    reporter.began()
    assert lost.wait(10)
    assert reporter.finish(DONE) is Delivered.NOT_OURS
    transport.close()
