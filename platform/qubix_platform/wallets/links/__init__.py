"""Signed-in links."""
