"""How the books are sealed, and how a receipt is checked against a published root, offline.

The standard library alone, and for a Qubic transaction the chain's hash: whoever checks a receipt needs nothing of the
platform's, and the server seals with the very same code.
"""
