"""Runs one attempt of a job, the same way on every kind of provider."""
