"""Talking to the Qubic network by its public HTTP interface."""

from qubix_platform.qubic.rpc.answers import (
    Balance,
    ChainTransaction,
    LastProcessedTick,
    TickInfo,
    TransactionPage,
)
from qubix_platform.qubic.rpc.client import QubicRpc
from qubix_platform.qubic.rpc.errors import BroadcastUncertain, ChainRefused, ChainUnavailable, TickNotProcessed
from qubix_platform.qubic.rpc.policy import RpcPolicy

__all__ = [
    "Balance",
    "BroadcastUncertain",
    "ChainRefused",
    "ChainTransaction",
    "ChainUnavailable",
    "LastProcessedTick",
    "QubicRpc",
    "RpcPolicy",
    "TickInfo",
    "TickNotProcessed",
    "TransactionPage",
]
