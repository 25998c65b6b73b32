"""A market of many machines, made by the routes that machines use."""

import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from benchmarks.api.load import request_text

_MODELS: Final = {"RTX 4090": 24_564, "RTX 3090": 24_576, "A100-80GB": 81_920, "H100 SXM": 81_559, "L4": 23_034}
_PLACES: Final = ("de", "fi", "us-east", "us-west", "sg")
_AT_ONCE: Final = 4
_SEED: Final = 20_261_122

Machine = tuple[str, str]
"""Worker id and worker token."""


def register(url: str, api_key: str, count: int) -> list[Machine]:
    """Register so many simulated machines, the same ones each time.

    Raises:
        httpx.HTTPError: the API refused one, or was not reached.
    """
    draw = random.Random(_SEED)
    offers = [_offer(number, draw) for number in range(count)]
    with (
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {api_key}"}, trust_env=False) as http,
        ThreadPoolExecutor(max_workers=_AT_ONCE) as pool,
    ):
        return list(pool.map(lambda offer: _register(http, offer), offers))


def heartbeats(url: str, machines: Sequence[Machine]) -> list[str]:
    """One heartbeat of each machine, as HTTP requests."""
    usage = {
        "cpuPercent": 12.5,
        "ramPercent": 40.0,
        "ramUsedGb": 25.6,
        "ramTotalGb": 64.0,
        "timestamp": datetime.now(UTC).isoformat(),
    }
    body = json.dumps({"usage": usage, "status": "online"})
    return [
        request_text("POST", url, f"/api/providers/{worker_id}/heartbeat", token=token, body=body)
        for worker_id, token in machines
    ]


def _offer(number: int, draw: random.Random) -> dict[str, Any]:
    model = draw.choice(list(_MODELS))
    worker_id = f"bench-{number:04d}"
    gpu = {
        "model": model,
        "vramMib": _MODELS[model],
        "index": 0,
        "uuid": f"GPU-{worker_id}",
        "type": "native",
        "simulated": True,
    }
    return {
        "type": "native",
        "workerId": worker_id,
        "name": worker_id,
        "gpu": [gpu],
        "cpu": {"model": "simulated", "cores": draw.choice([8, 16, 32])},
        "ram": {"totalMib": draw.choice([32_768, 65_536, 131_072])},
        "diskMib": 500_000,
        "location": draw.choice(_PLACES),
        "pricePerHour": draw.randrange(50_000, 900_000),
        "isolationLevel": "bwrap",
        "simulated": True,
    }


def _register(http: httpx.Client, offer: dict[str, Any]) -> Machine:
    answer = http.post("/api/providers/quick-register", json=offer)
    answer.raise_for_status()
    return offer["workerId"], answer.json()["workerToken"]
