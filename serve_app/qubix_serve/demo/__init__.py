"""`qubix demo`: the whole loop on this machine, every claim checked by code."""
