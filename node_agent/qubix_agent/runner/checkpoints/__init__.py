"""Saving what a job keeps in `$QUBIX_CHECKPOINT`, and giving it back to its next attempt."""
