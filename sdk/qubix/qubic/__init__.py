"""What anybody can check of the Qubic chain without asking it: identities, keys, signatures, transactions.

Everything here speaks the chain's own terms: public keys, digests and signatures are `bytes`, identities are `str` of
sixty capitals, amounts are whole QU. The hash comes with the extra `qubix[chain]`.
"""
