"""A short honest benchmark of this machine."""
