"""Many signatures to check at once: on the event loop itself, in threads, and in the process that the API uses."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from benchmarks.figures import Spread
from benchmarks.machine import load
from benchmarks.report import Aim, Section, Table
from benchmarks.signatures.prober import ROUND_TRIPS, probing
from qubix.qubic import keys, schnorrq
from qubix.qubic.hashing import k12
from qubix.qubic.schnorrq import Flaw
from qubix_serve.signatures.verifier import SignatureVerifier

_SUBSEED: Final = k12(b"a wallet")
_DIGEST: Final = k12(b"a challenge")
SIGNED: Final[dict[str, bytes]] = {
    "public_key": keys.from_subseed(_SUBSEED).public_key,
    "digest": _DIGEST,
    "signature": schnorrq.sign(subseed=_SUBSEED, digest=_DIGEST),
}
_VERIFY_BOUND_MS: Final = 5.0

Check = Callable[[], Awaitable[Flaw | None]]


@dataclass(frozen=True, kw_only=True)
class Burst:
    """One way of checking: how fast, and what requests took meanwhile, milliseconds."""

    name: str
    per_second: float
    requests: Spread


def run(*, quick: bool) -> Section:
    """Measure one verification and signature, then a burst of verifications in each way."""
    count = 60 if quick else 300
    began = load()
    verify_ms = Spread.of(_durations(partial(schnorrq.flaw, **SIGNED), times=count))
    sign_ms = Spread.of(_durations(partial(schnorrq.sign, subseed=_SUBSEED, digest=_DIGEST), times=count))
    bursts = asyncio.run(_bursts(count))
    return Section(
        name="signatures",
        tables=[table(bursts, count=count, verify_ms=verify_ms, sign_ms=sign_ms)],
        aims=[
            Aim(name="one verification, p50", measured=verify_ms.p50, kind="below", bound=_VERIFY_BOUND_MS, unit="ms")
        ],
        data={
            "count": count,
            "verifyMs": verify_ms.to_json(),
            "signMs": sign_ms.to_json(),
            "bursts": {
                burst.name: {"perSecond": round(burst.per_second, 1), "requestMs": burst.requests.to_json()}
                for burst in bursts
            },
            "loadBefore": began,
            "loadAfter": load(),
        },
    )


def table(bursts: Sequence[Burst], *, count: int, verify_ms: Spread, sign_ms: Spread) -> Table:
    """Each way as a row."""
    return Table(
        title=f"{count} signatures to check at once, and a request of {ROUND_TRIPS} round trips meanwhile",
        columns=("checked", "a second", "request p50 ms", "longest"),
        rows=[
            (burst.name, f"{burst.per_second:,.0f}", f"{burst.requests.p50:.1f}", f"{burst.requests.high:,.1f}")
            for burst in bursts
        ],
        note=f"one verification takes {verify_ms.p50:.2f} ms, one signature {sign_ms.p50:.2f} ms",
    )


async def _bursts(count: int) -> list[Burst]:
    loop = asyncio.get_running_loop()
    check = partial(schnorrq.flaw, **SIGNED)

    async def in_place() -> Flaw | None:
        return check()

    found = [await _burst("on the event loop", in_place, count)]
    for threads in (1, 4):
        with ThreadPoolExecutor(threads) as pool:
            name = "in a thread" if threads == 1 else f"in {threads} threads"
            found.append(await _burst(name, partial(loop.run_in_executor, pool, check), count))
    async with SignatureVerifier() as verifier:
        await verifier.flaw(**SIGNED)
        found.append(await _burst("in the API's process", partial(verifier.flaw, **SIGNED), count))
    return found


async def _burst(name: str, check: Check, count: int) -> Burst:
    async with probing() as prober:
        began = time.perf_counter()
        answers: list[Any] = await asyncio.gather(*(check() for _ in range(count)))
        seconds = time.perf_counter() - began
    assert answers == [None] * count
    return Burst(name=name, per_second=count / seconds, requests=Spread.of(prober.milliseconds))


def _durations(work: Callable[[], object], *, times: int) -> list[float]:
    """How long each of so many goes took, milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken
