"""How patient a client of the network is."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RpcPolicy:
    """Limits of one client. Times in seconds.

    Attributes:
        answer_seconds: how long to wait for one answer.
        connect_seconds: how long to wait for a connection.
        attempts: how often a request is sent at most.
        first_pause: upper bound of the first pause between two attempts; it doubles from then on, with full jitter.
        longest_pause: upper bound of every pause.
        failures: after so many in a row nothing is sent for a while, so that a network in trouble is left alone.
        rest_seconds: for how long.
    """

    answer_seconds: float = 5.0
    connect_seconds: float = 2.0
    attempts: int = 4
    first_pause: float = 0.1
    longest_pause: float = 2.0
    failures: int = 8
    rest_seconds: float = 5.0
