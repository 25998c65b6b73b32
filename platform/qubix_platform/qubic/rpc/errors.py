"""What the Qubic network can answer instead of what was asked.

QubixError
├── Unavailable
│   └── ChainUnavailable        503  no usable answer now; ask again later
│       ├── BroadcastUncertain  503  a transaction may have reached the network, or may not
│       └── TickNotProcessed    503  the archive that answered has not come to this tick
└── InvalidRequest
    └── ChainRefused            422  the network says that it cannot be; asking again does not help
"""

from qubix.errors import InvalidRequest, Unavailable


class ChainUnavailable(Unavailable):
    """The network gives no usable answer now. Nothing is known; ask again later."""

    code = "chain_unavailable"


class BroadcastUncertain(ChainUnavailable):
    """A transaction was sent and no answer says what became of it.

    It may run in its target tick. Sending the same bytes again is safe; signing another transaction for the same
    payment is not, before that tick is processed and the transaction is not in it.
    """

    code = "broadcast_uncertain"


class TickNotProcessed(ChainUnavailable):
    """The archive that answered has not come to this tick yet, whatever another one said before."""

    code = "tick_not_processed"


class ChainRefused(InvalidRequest):
    """The network refuses what was asked: a bad signature, a tick that is over, no such identity."""

    code = "chain_refused"
