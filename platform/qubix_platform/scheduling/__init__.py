"""Placement at work: reading the market, deciding, writing down why jobs wait, recording passes, spotting lost work."""
