"""The clients against a platform in this process."""

import hashlib
from collections import deque
from pathlib import Path
from typing import Any

import httpx
import pytest

from qubix import AsyncClient, Client
from qubix.errors import (
    ConnectionFailed,
    InternalError,
    InvalidRequest,
    JobFailed,
    NotAuthenticated,
    NotFound,
    Unavailable,
    WaitTimedOut,
)
from qubix.schemas.monitor import Artifact
from qubix.schemas.states import Cause, JobStatus, ModelType
from tests.sdk.answers import failing
from tests.sdk.conftest import AT_ONCE
from tests.sdk.platform import KEY, URL, FakePlatform, SyncASGI

RUNNING = JobStatus.RUNNING
LOST = httpx.ReadError("connection reset")


def submit(client: Client, **options: Any) -> Any:
    return client.submit(source="print('hello')", max_price=7200, **options)


def test_a_submission_says_what_was_asked_for(client: Client, platform: FakePlatform) -> None:
    job = client.submit(
        source="pass",
        gpu="RTX 4090",
        max_price=7200,
        timeout="1m30s",
        env={"A": "b"},
        requirements=("numpy",),
        inputs={"x": 1},
        memory_mib=2048,
    )
    wanted = platform.requests[0]
    assert (wanted.model_type, wanted.source, wanted.time_limit_seconds) == (ModelType.SCRIPT, "pass", 90)
    assert (wanted.resources.gpu_models, wanted.resources.gpu_count, wanted.resources.memory_mib) == (
        ["RTX 4090"],
        1,
        2048,
    )
    assert (wanted.env, wanted.requirements, wanted.input_data) == ({"A": "b"}, ["numpy"], {"x": 1})
    assert job.info.hold_amount == 180


def test_a_job_runs_after_jobs_that_are_named_by_handle_or_id(client: Client, platform: FakePlatform) -> None:
    first, second = submit(client), submit(client)
    submit(client, after=[first, str(second.id)])
    assert platform.requests[2].after == [first.id, second.id]


def test_a_script_travels_as_text_and_its_name_with_it(client: Client, platform: FakePlatform, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("print('naïve')")
    client.submit(script, max_price=1)
    assert (platform.requests[0].source, platform.requests[0].name) == ("print('naïve')", "train.py")
    assert not platform.blobs


def test_a_folder_is_uploaded_once(client: Client, platform: FakePlatform, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import other")
    (tmp_path / "other.py").write_text("pass")
    client.submit(tmp_path, max_price=1)
    client.submit(tmp_path, max_price=1)
    digest = platform.requests[0].bundle_sha256
    assert digest == platform.requests[1].bundle_sha256
    assert digest in platform.blobs
    assert platform.requests[0].entrypoint == "main.py"
    assert [method for method, path in platform.seen if path.startswith("/api/blobs")] == ["HEAD", "PUT", "HEAD"]


def test_a_packed_folder_leaves_no_file_behind(
    client: Client, platform: FakePlatform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spool))
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "main.py").write_text("pass")
    client.submit(tmp_path / "work", max_price=1)
    with pytest.raises(InvalidRequest):
        client.submit(tmp_path / "work", max_price=-1)
    platform.answers = deque([failing(500)])
    with pytest.raises(InternalError):
        client.submit(tmp_path / "work", max_price=1)
    assert list(spool.iterdir()) == []


def test_waiting_ends_with_the_job(client: Client, platform: FakePlatform) -> None:
    platform.default_script = ((RUNNING, ()), (RUNNING, ()), (JobStatus.COMPLETED, ()))
    job = submit(client)
    assert job.wait(timeout=30).status is JobStatus.COMPLETED
    assert job.result() == 42
    looks = len(platform.seen)
    assert (job.status, job.progress) == (JobStatus.COMPLETED, 100.0)
    assert len(platform.seen) == looks, "a final state is not asked for again"


def test_waiting_gives_up_in_time_and_says_how_the_job_stands(client: Client, platform: FakePlatform) -> None:
    platform.default_script = ((RUNNING, ()),)
    with pytest.raises(WaitTimedOut, match="RUNNING at 50 %"):
        submit(client).wait(timeout=0)


def test_the_result_of_a_failed_job_is_an_error_that_says_why(client: Client, platform: FakePlatform) -> None:
    platform.default_script = ((JobStatus.FAILED, ()),)
    platform.end = {"cause": Cause.USER_ERROR, "error": "Traceback\nZeroDivisionError: division by zero"}
    with pytest.raises(JobFailed, match=r"USER_ERROR.*division by zero") as caught:
        submit(client).result()
    assert caught.value.details["cause"] == "USER_ERROR"


def test_a_log_is_followed_to_its_end(client: Client, platform: FakePlatform) -> None:
    platform.default_script = (
        (RUNNING, ("one", "two")),
        (RUNNING, ()),
        (RUNNING, tuple(f"line {number}" for number in range(2500))),
        (JobStatus.COMPLETED, ("last words",)),
    )
    texts = [entry.text for entry in submit(client).logs(follow=True)]
    assert texts[:2] == ["one\n", "two\n"]
    assert texts[-1] == "last words\n"
    assert len(texts) == len(set(texts)) == 2503


def test_a_log_that_is_not_followed_ends_where_it_is(client: Client, platform: FakePlatform) -> None:
    job = submit(client)
    platform.say(job.id, "so far")
    entries = list(job.logs())
    assert [entry.text for entry in entries] == ["so far\n"]
    assert list(job.logs(after=entries[-1].seq)) == []


def test_artifacts_are_saved_whole_and_where_they_belong(
    client: Client, platform: FakePlatform, tmp_path: Path
) -> None:
    content = b"weights" * 100_000
    digest = hashlib.sha256(content).hexdigest()
    platform.blobs[digest] = content
    job = submit(client)
    platform.artifacts[str(job.id)] = [Artifact(path="a/model.bin", sha256=digest, size=len(content), attempt=1)]
    place = job.download(job.artifacts[0], tmp_path)
    assert place == tmp_path / "a" / "model.bin"
    assert place.read_bytes() == content


def test_an_artifact_cannot_be_saved_outside_the_folder(client: Client, tmp_path: Path) -> None:
    job = submit(client)
    for path in ("../evil", "/etc/evil", "a/../../evil", "."):
        with pytest.raises(InvalidRequest, match="leads out of"):
            job.download(Artifact(path=path, sha256="0" * 64, size=1, attempt=1), tmp_path)


def test_a_damaged_artifact_is_not_saved(client: Client, platform: FakePlatform, tmp_path: Path) -> None:
    digest = hashlib.sha256(b"right").hexdigest()
    platform.blobs[digest] = b"wrong"
    job = submit(client)
    with pytest.raises(InternalError, match="digest"):
        job.download(Artifact(path="model.bin", sha256=digest, size=5, attempt=1), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_cancel_receipt_why_and_monitor(client: Client) -> None:
    job = submit(client)
    why = job.why()
    assert why is not None
    assert why.summary == "nobody offers anything"
    assert job.cancel().status is JobStatus.CANCELLED
    assert job.why() is None
    assert job.monitor().job.id == job.id
    receipt = job.receipt()
    assert sum(leg.amount for leg in receipt.legs) == receipt.hold


def test_a_list_knows_how_long_the_whole_is(client: Client) -> None:
    submit(client)
    page = client.jobs(limit=1)
    assert (len(page), page.total) == (1, 101)


def test_filters_read_as_on_the_wire(client: Client, platform: FakePlatform) -> None:
    client.offers(model=["RTX 4090", "A100"], min_vram=24, max_price=100, sort="pricePerPerformance")
    assert platform.queries[-1] == [
        ("model", "RTX 4090"),
        ("model", "A100"),
        ("minVram", "24"),
        ("maxPrice", "100"),
        ("sort", "pricePerPerformance"),
    ]


def test_a_platform_that_is_down_can_still_say_so(client: Client) -> None:
    health = client.health()
    assert (health.status, health.parts[0].state) == ("down", "down")


def test_errors_keep_their_kind_and_their_words(client: Client) -> None:
    with pytest.raises(NotFound, match="there is none like that") as caught:
        client.job("00000000-0000-0000-0000-000000000000")
    assert caught.value.remedy == "List yours."


def test_a_wrong_key_is_refused(wire: SyncASGI) -> None:
    with Client(URL, "qbx_key_wrong", transport=wire) as client, pytest.raises(NotAuthenticated):
        client.jobs()


def test_a_reading_call_survives_a_lost_connection(client: Client, wire: SyncASGI) -> None:
    wire.failures = [httpx.ConnectError("refused"), LOST, httpx.ReadTimeout("slow")]
    assert client.jobs().total == 100


def test_a_submission_whose_answer_was_lost_makes_one_job(platform: FakePlatform) -> None:
    class LosesTheAnswer(SyncASGI):
        lost = False

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response = super().handle_request(request)
            if not self.lost:
                self.lost = True
                raise LOST
            return response

    with Client(URL, KEY, transport=LosesTheAnswer(platform.app), retries=AT_ONCE) as client:
        submit(client)
    assert len(platform.seen) == 2
    assert len(platform.jobs) == 1


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_that_is_not_ready_is_asked_again(client: Client, platform: FakePlatform, status: int) -> None:
    platform.answers = deque([failing(status), failing(status, {"Retry-After": "0"})])
    submit(client)
    assert len(platform.seen) == 3


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500])
def test_a_refusal_is_not_asked_again(client: Client, platform: FakePlatform, status: int) -> None:
    platform.answers = deque([failing(status)])
    with pytest.raises(Exception, match=f"answered {status} without an explanation"):
        submit(client)
    assert len(platform.seen) == 1


def test_patience_ends(client: Client, platform: FakePlatform, wire: SyncASGI) -> None:
    platform.answers = deque(failing(503) for _ in range(20))
    with pytest.raises(Unavailable):
        submit(client)
    assert len(platform.seen) == AT_ONCE.retries + 1
    wire.failures = [httpx.ConnectError("connection refused") for _ in range(20)]
    with pytest.raises(ConnectionFailed, match=r"http://platform.test could not be reached \(tried 7 times"):
        client.jobs()


def test_a_call_that_must_not_be_repeated_is_not(client: Client, wire: SyncASGI) -> None:
    wire.failures = [LOST]
    with pytest.raises(ConnectionFailed, match="not sent again"):
        client.join_token()


def test_an_answer_of_something_else_is_told(client: Client, platform: FakePlatform) -> None:
    platform.answers = deque([failing(200)])
    with pytest.raises(InternalError, match="not one that this version reads"):
        submit(client)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"max_price": 1.5}, "max_price"),
        ({"max_price": -1}, "max_price"),
        ({}, "no max_price"),
        ({"max_price": 1, "colour": "red"}, "colour"),
        ({"max_price": 1, "timeout": "soon"}, "duration"),
        ({"max_price": 1, "gpu_count": 2, "gpu_share_milli": 500}, "whole ones"),
        ({"max_price": 1, "env": {"not a name": "x"}}, "env"),
    ],
)
def test_what_cannot_be_is_refused_before_it_is_sent(
    client: Client, platform: FakePlatform, options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(InvalidRequest, match=complaint):
        client.submit(source="pass", **options)
    assert platform.seen == []


def test_there_is_one_thing_to_run(client: Client, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="nothing to run"):
        client.submit(max_price=1)
    with pytest.raises(InvalidRequest, match="both"):
        client.submit(tmp_path, source="pass", max_price=1)


def test_a_command_needs_no_script(client: Client, platform: FakePlatform, tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("1")
    client.submit(tmp_path, command=["wc", "-l", "data.txt"], max_price=1)
    client.submit(command=["true"], max_price=1)
    assert [request.command for request in platform.requests] == [["wc", "-l", "data.txt"], ["true"]]
    assert platform.requests[0].entrypoint is None
    assert platform.requests[0].bundle_sha256 is not None


def test_other_requests_are_refused_in_the_same_way(client: Client) -> None:
    with pytest.raises(InvalidRequest, match="expires_in_seconds"):
        client.join_token(expires_in_seconds=1)
    with pytest.raises(InvalidRequest, match="amount"):
        client.credit(0)
    with pytest.raises(InvalidRequest, match="limit"):
        client.match(limit=0)
    with pytest.raises(InvalidRequest, match="cannot be read"):
        client.analyze("no-such-file.py")


async def test_the_asynchronous_client_does_the_same(
    async_client: AsyncClient, platform: FakePlatform, tmp_path: Path
) -> None:
    platform.default_script = ((RUNNING, ("one",)), (JobStatus.COMPLETED, ("two",)))
    (tmp_path / "main.py").write_text("pass")
    job = await async_client.submit(tmp_path, max_price=7200)
    assert [entry.text async for entry in job.logs(follow=True)] == ["one\n", "two\n"]
    assert await job.result(timeout=10) == 42
    assert (await job.wait()).status is JobStatus.COMPLETED
    assert (await job.status(), await job.progress()) == (JobStatus.COMPLETED, 100.0)
    digest, content = next(iter(platform.blobs.items()))
    artifact = Artifact(path="bundle.tar.gz", sha256=digest, size=len(content), attempt=1)
    platform.artifacts[str(job.id)] = [artifact]
    assert await job.artifacts() == [artifact]
    assert (await job.download(artifact, tmp_path)).read_bytes() == content
    assert (await job.receipt()).settled
    assert (await job.monitor()).job.id == job.id
    assert await job.why() is None
    assert (await async_client.jobs())[0].id == job.id
    assert (await (await async_client.job(job.id)).cancel()).status is JobStatus.CANCELLED


async def test_the_asynchronous_client_repeats_and_refuses_alike(
    async_client: AsyncClient, platform: FakePlatform
) -> None:
    platform.answers = deque([failing(503), failing(502)])
    await async_client.submit(source="pass", max_price=1)
    assert len(platform.seen) == 3
    with pytest.raises(NotFound):
        await async_client.job("missing")
    platform.answers = deque([failing(503) for _ in range(20)])
    with pytest.raises(Unavailable):
        await async_client.submit(source="pass", max_price=1)


async def test_prices_and_limits_are_asked_alike_by_both_clients(client: Client, async_client: AsyncClient) -> None:
    quote = client.quote(gpu="A100", max_price=7_200, timeout="30m")
    assert (quote.maximum_cost, quote.likely_cost, quote.balance_lasts_seconds) == (3_600, 1_800, 5_400)
    assert await async_client.quote(gpu="A100", max_price=7_200, timeout="30m") == quote
    assert list(client.limits()) == []
    (set_,) = client.set_limits(per_job=500, total=9_000)
    assert (set_.per_job, set_.per_day, set_.total, set_.held) == (500, None, 9_000, 3)
    assert list(await async_client.limits()) == [set_]
    assert list(await async_client.set_limits()) == []
    with pytest.raises(InvalidRequest, match="per_job"):
        client.set_limits(per_job=-1)
