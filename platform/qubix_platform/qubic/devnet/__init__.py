"""A Qubic chain of our own to develop and test against. Its money is worth nothing, and it says so wherever it is seen.

`chain` is the chain itself, pure: state and tick in, state out. Around it stand what the network does to a transaction
(`admission`, `faults`), what a node remembers (`repository`), and the HTTP interface of `app`. Run it alone with
`python -m qubix_platform.qubic.devnet --data FOLDER --port 0`.
"""
