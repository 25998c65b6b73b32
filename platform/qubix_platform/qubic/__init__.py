"""The Qubic chain as the platform uses it: a node's HTTP interface, many payments at once, a chain to develop on.

Identities, keys, signatures and transactions are what whoever holds a receipt needs too, so they are the SDK's.
"""

from qubix.qubic import identity, keys, schnorrq, transaction

__all__ = ["identity", "keys", "schnorrq", "transaction"]
