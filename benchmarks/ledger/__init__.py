"""What the ledger can post and verify, beside TPC-B on the same server in the same run."""
