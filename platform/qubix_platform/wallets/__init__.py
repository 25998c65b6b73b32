"""Signing in by wallet: a challenge, its signature, and the session that it opens."""
