"""What can go wrong while the console is built."""


class ConsoleFailed(Exception):
    """A step did not succeed; its own words stand above."""


class ToolMissing(ConsoleFailed):
    """Node, its packages or a browser are not on this machine, and cannot be had from it."""
