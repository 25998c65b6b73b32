"""The Qubic chain: identities, keys, signatures, transactions, a node's HTTP interface, a chain to develop on.

Everything here speaks the chain's own terms: public keys, digests and signatures are `bytes`, identities are `str` of
sixty capitals, amounts are whole QU.
"""
