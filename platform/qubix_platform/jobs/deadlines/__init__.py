"""Jobs that are worth nothing after a certain time."""
