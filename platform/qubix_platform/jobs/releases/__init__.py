"""Letting go of jobs that were held back."""
