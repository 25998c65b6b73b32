"""FourQ, the elliptic curve of the Qubic chain: -x² + y² = 1 + d·x²·y² over GF((2¹²⁷ - 1)²).

Python integers take no constant time, so a signature's duration can tell something of its nonce to whoever measures it
closely. The platform signs in one process that answers no stranger, and never twice for one asking.
"""
