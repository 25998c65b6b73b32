"""Usage over time: samples of providers and attempts, buffered, stored by day, dropped when old."""
