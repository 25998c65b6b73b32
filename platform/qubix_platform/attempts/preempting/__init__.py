"""Attempts that have to make room."""
