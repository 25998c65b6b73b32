"""What a second machine that stands by is worth: takeover beside an ordinary failover, both with a checkpoint."""
