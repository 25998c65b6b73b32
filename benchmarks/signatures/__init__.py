"""Checking many wallets' signatures, and what becomes of other requests meanwhile."""
