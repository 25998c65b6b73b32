"""A platform of a few lines that speaks the schemas: enough to try a client against, in this process."""

import hashlib
from collections import deque
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import anyio.from_thread
import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qubix.errors import NotAuthenticated, NotFound, QubixError
from qubix.schemas.arrays import ArrayCancelled, ArrayCreate, ArrayCreated, JobArray
from qubix.schemas.checkpoints import Checkpoint, CheckpointRequested, JobClone, SnapshotOutcome
from qubix.schemas.jobs import CancelAnswer, Job, JobCreate, JobCreated
from qubix.schemas.monitor import Artifact, JobMonitor, LogEntry
from qubix.schemas.platform import BlobStored, Health, PartHealth, Versions
from qubix.schemas.providers import ProviderPatch
from qubix.schemas.quotes import Quote, QuoteRequest, WhatIf
from qubix.schemas.spending import SpendingLimit, SpendingLimitSet
from qubix.schemas.states import Cause, JobStatus, LogStream, ProviderStatus, SnapshotStatus
from qubix.schemas.waiting import WaitingReport
from tests.sdk.answers import NOW, a_machine, answer, new_array, new_job, receipt_of, several

KEY = "qbx_key_test"
URL = "http://platform.test"


class FakePlatform:
    """Jobs and blobs in memory.

    Each look at a job moves it on by one step of its `script`: a status, with lines that are then in its log.
    """

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.requests: list[JobCreate] = []
        self.saved: list[Checkpoint] = []
        self.saves = True
        self.machine = a_machine()
        self.no_snapshot: str | None = None
        self.clones: list[JobClone] = []
        self.arrays: dict[str, JobArray] = {}
        self.limits: list[SpendingLimit] = []
        self.keys: dict[str, str] = {}
        self.blobs: dict[str, bytes] = {}
        self.logs: dict[str, list[LogEntry]] = {}
        self.artifacts: dict[str, list[Artifact]] = {}
        self.script: dict[str, deque[tuple[JobStatus, tuple[str, ...]]]] = {}
        self.default_script: tuple[tuple[JobStatus, tuple[str, ...]], ...] = ((JobStatus.COMPLETED, ()),)
        self.end: dict[str, Any] = {"cause": Cause.COMPLETED, "result": 42}
        self.seen: list[tuple[str, str]] = []
        self.queries: list[list[tuple[str, str]]] = []
        self.answers: deque[Response] = deque()
        self.funds: deque[datetime | None] = deque()
        self.app = Starlette(
            routes=[
                Route("/api/health", self.health),
                Route("/api/gpus", self.empty),
                Route("/api/providers/my", self.my_providers),
                Route("/api/providers/{id}", self.change_provider, methods=["PATCH"]),
                Route("/api/providers/{id}/drain", self.drain_provider, methods=["POST"]),
                Route("/api/jobs/create", self.create, methods=["POST"]),
                Route("/api/arrays", self.create_array, methods=["POST"]),
                Route("/api/arrays", self.list_arrays, methods=["GET"]),
                Route("/api/arrays/{id}", self.array),
                Route("/api/arrays/{id}/cancel", self.array, methods=["POST"]),
                Route("/api/jobs/{id}/checkpoints", self.checkpoints),
                Route("/api/jobs/{id}/checkpoints/request", self.take_checkpoint, methods=["POST"]),
                Route("/api/jobs/{id}/snapshot", self.take_snapshot, methods=["POST"]),
                Route("/api/jobs/{id}/snapshot", self.snapshot, methods=["GET"]),
                Route("/api/jobs/{id}/checkpoints/{checkpoint}/pin", self.pin, methods=["PUT", "DELETE"]),
                Route("/api/jobs/{id}/clone", self.clone, methods=["POST"]),
                Route("/api/jobs/quote", self.quote, methods=["POST"]),
                Route("/api/users/me/limits", self.read_limits, methods=["GET"]),
                Route("/api/users/me/limits", self.set_limits, methods=["PUT"]),
                Route("/api/jobs", self.list_jobs),
                Route("/api/jobs/{id}", self.job),
                Route("/api/jobs/{id}/logs", self.read_logs),
                Route("/api/jobs/{id}/artifacts", self.read_artifacts),
                Route("/api/jobs/{id}/receipt", self.receipt),
                Route("/api/jobs/{id}/why", self.why),
                Route("/api/jobs/{id}/monitor", self.monitor),
                Route("/api/jobs/{id}/cancel", self.cancel, methods=["POST"]),
                Route("/api/blobs/{sha256}", self.get_blob, methods=["GET"]),
                Route("/api/blobs/{sha256}", self.put_blob, methods=["PUT"]),
            ],
            exception_handlers={QubixError: refuse},
        )

    def route(self, request: Request) -> None:
        self.seen.append((request.method, request.url.path))
        self.queries.append(request.query_params.multi_items())
        if request.headers.get("authorization") != f"Bearer {KEY}":
            raise NotAuthenticated(asked="Calling", obstacle="no key that is known", remedy="Show one.")

    async def health(self, request: Request) -> Response:
        self.route(request)
        part = PartHealth(name="database", state="down", detail="does not answer")
        versions = Versions(qubix="0.1.0", ray="2.60.0", python="3.11.2")
        return answer(Health(status="down", mode="development", parts=[part], versions=versions), status=503)

    async def empty(self, request: Request) -> Response:
        self.route(request)
        return several([], total=0)

    async def my_providers(self, request: Request) -> Response:
        self.route(request)
        return several([self.machine], total=1)

    async def change_provider(self, request: Request) -> Response:
        self.route(request)
        patch = ProviderPatch.model_validate_json(await request.body())
        assert request.path_params["id"] == str(self.machine.id)
        self.machine = self.machine.model_copy(update=patch.model_dump(exclude_none=True))
        return answer(self.machine)

    async def drain_provider(self, request: Request) -> Response:
        self.route(request)
        assert request.path_params["id"] == str(self.machine.id)
        self.machine = self.machine.model_copy(update={"status": ProviderStatus.DRAINING})
        return answer(self.machine)

    async def create(self, request: Request) -> Response:
        self.route(request)
        if self.answers:
            return self.answers.popleft()
        wanted = JobCreate.model_validate_json(await request.body())
        key = request.headers["idempotency-key"]
        if key not in self.keys:
            job = new_job(wanted)
            self.requests.append(wanted)
            self.keys[key] = str(job.id)
            self.jobs[str(job.id)] = job
            self.logs[str(job.id)] = []
            self.script[str(job.id)] = deque(self.default_script)
        job = self.jobs[self.keys[key]]
        return answer(JobCreated(success=True, job=job, estimated_cost=job.hold_amount), status=201)

    async def checkpoints(self, request: Request) -> Response:
        self.route(request)
        return several(self.saved, total=len(self.saved))

    async def take_checkpoint(self, request: Request) -> Response:
        self.route(request)
        if self.saves:
            number = len(self.saved) + 1
            one = Checkpoint(id=uuid4(), attempt=1, number=number, taken_at=NOW, size=2048, files=2)
            self.saved.insert(0, one)
        return answer(CheckpointRequested(success=True))

    async def take_snapshot(self, request: Request) -> Response:
        answered = await self.take_checkpoint(request)
        if self.saves:
            self.saved[0] = self.saved[0].model_copy(update={"is_snapshot": True, "is_pinned": True})
        return answered

    async def snapshot(self, request: Request) -> Response:
        self.route(request)
        if self.no_snapshot is not None:
            return answer(SnapshotOutcome(status=SnapshotStatus.FAILED, at=NOW, why=self.no_snapshot))
        taken = next((each for each in self.saved if each.is_snapshot), None)
        status = SnapshotStatus.PENDING if taken is None else SnapshotStatus.STORED
        return answer(SnapshotOutcome(status=status, at=NOW, snapshot=taken))

    async def pin(self, request: Request) -> Response:
        self.route(request)
        wanted = request.path_params["checkpoint"]
        place = next(place for place, each in enumerate(self.saved) if str(each.id) == wanted)
        self.saved[place] = self.saved[place].model_copy(update={"is_pinned": request.method == "PUT"})
        return answer(self.saved[place])

    async def clone(self, request: Request) -> Response:
        self.route(request)
        self.clones.append(JobClone.model_validate_json(await request.body()))
        job = self.found(request).model_copy(update={"id": uuid4(), "status": JobStatus.PENDING})
        return answer(JobCreated(success=True, job=job, estimated_cost=job.hold_amount), status=201)

    async def create_array(self, request: Request) -> Response:
        self.route(request)
        wanted = ArrayCreate.model_validate_json(await request.body())
        self.requests.append(wanted)
        array = new_array(wanted)
        self.arrays[str(array.id)] = array
        for index in range(array.first_index, array.last_index + 1):
            job = new_job(wanted).model_copy(update={"array_id": array.id, "array_index": index})
            self.jobs[str(job.id)] = job
            self.script[str(job.id)] = deque(self.default_script)
        jobs = list(self.jobs.values())
        return answer(ArrayCreated(success=True, array=array, jobs=jobs, estimated_cost=0), status=201)

    async def list_arrays(self, request: Request) -> Response:
        self.route(request)
        return several(list(self.arrays.values()), total=len(self.arrays))

    async def array(self, request: Request) -> Response:
        """Each look at an array finds one more of its jobs completed; a cancel ends all."""
        self.route(request)
        array = self.arrays[request.path_params["id"]]
        done = min(array.size, array.counts.get(JobStatus.COMPLETED, 0) + 1)
        if request.method == "POST":
            counts = {JobStatus.CANCELLED: array.size}
            ended = array.model_copy(update={"counts": counts})
            return answer(ArrayCancelled(success=True, array=ended))
        counts = {JobStatus.COMPLETED: done, JobStatus.PENDING: array.size - done}
        self.arrays[str(array.id)] = array.model_copy(update={"counts": counts})
        return answer(self.arrays[str(array.id)])

    async def quote(self, request: Request) -> Response:
        self.route(request)
        wanted = QuoteRequest.model_validate_json(await request.body())
        most = None if wanted.max_price is None else -(-wanted.max_price * wanted.time_limit_seconds // 3600)
        found = Quote(
            price_per_hour=3_600,
            worker_id="rig-1",
            likely_cost=wanted.time_limit_seconds,
            likely_seconds=None,
            maximum_cost=most,
            hold=most,
            settle_every_seconds=3_600 if wanted.time_limit_seconds > 4_200 else None,
            balance=5_400,
            balance_lasts_seconds=5_400,
            obstacles=["the balance does not cover it"] if most and most > 5_400 else [],
            waiting=None,
        )
        if (other := wanted.what_if) is not None:
            told = f"{other.max_price} {other.time_limit_seconds} {other.resources.prefer}"
            found = found.model_copy(update={"what_if": WhatIf(quote=found, differences=[told])})
        return answer(found)

    async def read_limits(self, request: Request) -> Response:
        self.route(request)
        return several(self.limits, total=len(self.limits))

    async def set_limits(self, request: Request) -> Response:
        self.route(request)
        wanted = SpendingLimitSet.model_validate_json(await request.body())
        figures = wanted.model_dump()
        is_limited = any(figures[name] is not None for name in ("per_job", "per_day", "total"))
        counts = {"key_name": None, "spent_today": 1, "spent": 2, "held": 3, "updated_at": NOW}
        self.limits = [SpendingLimit.model_validate(figures | counts)] if is_limited else []
        return several(self.limits, total=len(self.limits))

    async def list_jobs(self, request: Request) -> Response:
        self.route(request)
        return several(list(self.jobs.values()), total=len(self.jobs) + 100)

    async def job(self, request: Request) -> Response:
        self.route(request)
        if self.answers:
            return self.answers.popleft()
        found = self.found(request)
        steps = self.script[str(found.id)]
        if steps:
            status, lines = steps.popleft()
            for line in lines:
                self.say(found.id, line)
            end = self.end if status.is_final else {}
            funds = {"funds_end_at": self.funds.popleft()} if self.funds else {}
            found = found.model_copy(update={"status": status, "progress": 100.0 if end else 50.0, **funds, **end})
            self.jobs[str(found.id)] = found
        return answer(found)

    def say(self, job_id: UUID, line: str) -> None:
        log = self.logs[str(job_id)]
        seq = 1_000_000_000 + len(log)
        log.append(LogEntry(seq=seq, attempt=1, stream=LogStream.STDOUT, text=f"{line}\n", at=NOW))

    async def read_logs(self, request: Request) -> Response:
        self.route(request)
        after = int(request.query_params.get("after", -1))
        entries = [entry for entry in self.logs[str(self.found(request).id)] if entry.seq > after]
        return several(entries[: int(request.query_params["limit"])], total=len(entries))

    async def read_artifacts(self, request: Request) -> Response:
        self.route(request)
        artifacts = self.artifacts.get(str(self.found(request).id), [])
        return several(artifacts, total=len(artifacts))

    async def receipt(self, request: Request) -> Response:
        self.route(request)
        return answer(receipt_of(self.found(request)))

    async def why(self, request: Request) -> Response:
        self.route(request)
        job = self.found(request)
        if job.status.is_final:
            return JSONResponse(None)
        return answer(WaitingReport(considered=0, reasons=[], summary="nobody offers anything", decided_at=NOW))

    async def monitor(self, request: Request) -> Response:
        self.route(request)
        job = self.found(request)
        return answer(
            JobMonitor(
                job=job,
                attempts=[],
                metrics=[],
                logs=self.logs[str(job.id)],
                cost_so_far=0,
                estimated_end=None,
                why=None,
            )
        )

    async def cancel(self, request: Request) -> Response:
        self.route(request)
        job = self.found(request).model_copy(update={"status": JobStatus.CANCELLED, "cause": Cause.CANCELLED})
        self.jobs[str(job.id)] = job
        return answer(CancelAnswer(success=True, job=job))

    async def get_blob(self, request: Request) -> Response:
        self.route(request)
        if self.answers:
            return self.answers.popleft()
        content = self.blobs.get(request.path_params["sha256"])
        if content is None:
            raise NotFound(asked="Reading a blob", obstacle="there is none", remedy="Upload it.")
        return Response(content)

    async def put_blob(self, request: Request) -> Response:
        self.route(request)
        content = await request.body()
        digest = hashlib.sha256(content).hexdigest()
        assert digest == request.path_params["sha256"]
        assert int(request.headers["content-length"]) == len(content)
        self.blobs[digest] = content
        return answer(BlobStored(sha256=digest, size=len(content)), status=201)

    def found(self, request: Request) -> Job:
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            raise NotFound(asked="Showing a job", obstacle="there is none like that", remedy="List yours.")
        return job


class SyncASGI(httpx.BaseTransport):
    """Carries a synchronous client's requests to an ASGI app in this process; the first ones fail as told."""

    def __init__(self, app: Any, failures: list[Exception] | None = None) -> None:
        self._inner = httpx.ASGITransport(app)
        self.failures = failures or []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.failures:
            raise self.failures.pop(0)
        body = request.read()

        async def carry() -> tuple[int, httpx.Headers, bytes]:
            carried = httpx.Request(request.method, request.url, headers=request.headers, content=body)
            response = await self._inner.handle_async_request(carried)
            return response.status_code, response.headers, await response.aread()

        with anyio.from_thread.start_blocking_portal() as portal:
            status, headers, content = portal.call(carry)
        return httpx.Response(status, headers=headers, content=content)


async def refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, QubixError)
    return JSONResponse(error.to_wire(), status_code=error.status)
