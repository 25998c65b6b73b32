"""QUBIX itself: sandbox, escrow, ledger and durable state included."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import websockets.sync.client
from websockets.sync.client import ClientConnection

from benchmarks.dispatch.plan import AT_ONCE, PAUSE_SECONDS, PROBE
from benchmarks.stand import MAX_PRICE, MODEL, NotReady, Stand, wait_for, wait_for_providers
from qubix.async_client import AsyncClient
from qubix.client import Client
from qubix.job import Job
from qubix.options import JobOptions
from qubix.schemas.states import JobStatus, LogStream

_SUBMITTERS: Final = 4
_JOB_SECONDS: Final = 60.0
_WARMING_SECONDS: Final = 180.0
_WARMING_JOBS: Final = 3
_LOOK_SECONDS: Final = 0.2
_BURST_LOOK_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """Where one idle job's time went, in milliseconds since its submission.

    Attributes:
        answered: the API's answer was here, with the job stored and its escrow held.
        assigned: the scheduler's transaction that assigned it began.
        first_line: the user's code ran.
    """

    answered: float
    assigned: float
    first_line: float


def warm_up(client: Client) -> None:
    """Have each provider run some jobs: its first one builds the environment, once for good."""
    for provider in wait_for_providers(client, AT_ONCE):
        for _ in range(_WARMING_JOBS):
            options = _options("warm-up") | {"providers": [provider.worker_id]}
            job = client.submit(source=PROBE, **options)
            _wait_completed(job, seconds=_WARMING_SECONDS)


def burst_seconds(stand: Stand, count: int) -> float:
    """Seconds from the first submission of so many jobs to the completion of the last, by the platform's own clock."""
    return asyncio.run(_run_burst(stand, count))


def _options(name: str) -> JobOptions:
    return {"gpu": MODEL, "max_price": MAX_PRICE, "timeout": 60, "name": name, "memory_mib": 256}


def idle_job(client: Client) -> Stages:
    """Run one job. Nobody looks at it before it is over: looking costs the time that is measured."""
    time.sleep(PAUSE_SECONDS)
    submitted = time.time_ns()
    job = client.submit(source=PROBE, **_options("idle"))
    answered = time.time_ns()
    time.sleep(_LOOK_SECONDS)
    _wait_completed(job)
    attempt = job.monitor().attempts[0]
    return Stages(
        answered=(answered - submitted) / 1e6,
        assigned=attempt.created_at.timestamp() * 1e3 - submitted / 1e6,
        first_line=(_first_line(job) - submitted) / 1e6,
    )


def readable_job(client: Client, stand: Stand) -> float:
    """Run one job, watched over the WebSocket as a console does; milliseconds until its first line could be read."""
    with websockets.sync.client.connect(f"{stand.url.replace('http', 'ws', 1)}/ws") as socket:
        _say(socket, {"type": "auth", "token": stand.api_key}, answer="authenticated")
        time.sleep(PAUSE_SECONDS)
        submitted = time.time_ns()
        job = client.submit(source=PROBE, **_options("readable"))
        _say(socket, {"type": f"subscribe:job:{job.id}"}, answer="subscribed")
        while not any(entry.stream is LogStream.STDOUT for entry in job.logs()):
            socket.recv(timeout=_JOB_SECONDS)
        seen = time.time_ns()
    _wait_completed(job)
    return (seen - submitted) / 1e6


def _say(socket: ClientConnection, frame: dict[str, Any], *, answer: str) -> None:
    socket.send(json.dumps(frame))
    while json.loads(socket.recv(timeout=_JOB_SECONDS))["type"] != answer:
        pass


def _wait_completed(job: Job, *, seconds: float = _JOB_SECONDS) -> None:
    wait_for(lambda: job.status, lambda status: status.is_final, seconds=seconds, what=f"the end of {job!r}")
    if job.status is not JobStatus.COMPLETED:
        raise NotReady(f"{job!r} did not complete: {job.info.error}")


def _first_line(job: Job) -> int:
    return next(int(entry.text) for entry in job.logs() if entry.stream is LogStream.STDOUT)


async def _run_burst(stand: Stand, count: int) -> float:
    async with AsyncClient(stand.url, stand.api_key) as client:
        name = f"burst-{uuid4().hex[:8]}"
        began = time.time()
        waiting = iter(range(count))

        async def submit() -> None:
            for _ in waiting:
                await client.submit(source=PROBE, **_options(name))

        await asyncio.gather(*(submit() for _ in range(_SUBMITTERS)))
        deadline = time.monotonic() + _JOB_SECONDS + count
        while (await client.jobs(search=name, status=[JobStatus.COMPLETED], limit=1)).total < count:
            if time.monotonic() > deadline:
                raise NotReady(f"{count} jobs of the burst did not complete in time")
            await asyncio.sleep(_BURST_LOOK_SECONDS)
        ended = 0.0
        for offset in range(0, count, 200):
            page = await client.jobs(search=name, limit=200, offset=offset)
            ended = max([ended, *(job.latest.completed_at.timestamp() for job in page if job.latest.completed_at)])
        return ended - began
