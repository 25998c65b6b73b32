"""What Prometheus scrapes at `/metrics`. Figures are per replica; Prometheus adds them up."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_LATENCY_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The replica's own counters, in a registry of their own so that tests can have several."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "qubix_http_requests", "Requests by route, method and status.", ["route", "method", "status"],
            registry=self.registry,
        )  # fmt: skip
        self.latency = Histogram(
            "qubix_http_request_seconds", "Time to answer, in seconds.", ["route", "method"],
            buckets=_LATENCY_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.sockets = Gauge("qubix_websockets", "Open WebSockets.", registry=self.registry)

    def render(self) -> bytes:
        """The text format of Prometheus."""
        return generate_latest(self.registry)
