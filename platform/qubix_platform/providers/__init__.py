"""Machines on the market: how they join, say that they live, change, leave, and what they earned."""
