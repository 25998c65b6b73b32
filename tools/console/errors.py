"""What can go wrong while the console is built."""


class ConsoleFailed(Exception):
    """A step did not succeed; its own words stand above."""
